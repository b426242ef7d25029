//! The panel over HTTP, over caches filled by hand and a stand-in for the Kubernetes API.
