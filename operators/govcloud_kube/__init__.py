"""The one room that talks to the Kubernetes API."""

from govcloud_kube.cluster import Cluster, Object, Objects, Ref, ref_of

__all__ = ["Cluster", "Object", "Objects", "Ref", "ref_of"]
