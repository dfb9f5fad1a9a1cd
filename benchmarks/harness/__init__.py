"""The side-by-side benchmark: data, questions, rivals' environments, the contest, its report and its claims."""
