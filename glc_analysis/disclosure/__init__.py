"""Who may see what, and the gate that stops whatever shows more."""
