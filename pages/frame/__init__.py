"""What surrounds every page: start-up, navigation, the cluster's state, serving."""
