"""The node image that kind starts on a machine without an image registry: Debian, Kubernetes' programs built here, and
the images that kubeadm asks for, made of those programs and unpacked into the node's containerd.
"""
