-- The health of Joinery's objects, for Argo CD: from their conditions alone, as kstatus reads them.
-- Operation, Search, Component and Connection; a Run is a record, and healthy whatever became of it.
local function condition(name)
  for _, found in ipairs((obj.status or {}).conditions or {}) do
    if found.type == name then
      return found
    end
  end
  return {}
end

local function health(status, found, default)
  local text = found.message
  if text == nil or text == "" then
    text = found.reason or default
  end
  return { status = status, message = text }
end

if obj.kind == "Run" then
  return { status = "Healthy", message = "a record" }
end

local seen = (obj.status or {}).observedGeneration
local generation = (obj.metadata or {}).generation
local ready, stalled, reconciling = condition("Ready"), condition("Stalled"), condition("Reconciling")

if obj.kind ~= "Operation" and ready.status == nil then
  -- A Search says in `message` what is wrong with it; what says nothing at all is only kept.
  local message = (obj.status or {}).message
  if message ~= nil and message ~= "" then
    return { status = "Degraded", message = message }
  end
  return { status = "Healthy", message = "kept" }
end

if seen == nil or seen == -1 or (generation ~= nil and seen < generation) then
  return { status = "Progressing", message = "the operator has not seen it yet" }
end
if stalled.status == "True" then
  return health("Degraded", stalled, "stalled")
end
if ready.status == "True" then
  return health("Healthy", ready, "done")
end
if condition("Launched").reason == "Suspended" and reconciling.status ~= "True" then
  return health("Suspended", condition("Launched"), "suspended")
end
return health("Progressing", reconciling, "under way")
