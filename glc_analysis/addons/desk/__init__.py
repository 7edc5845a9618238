"""What an analyst works with in JupyterLab beside frames: passages in context, and proposals."""
