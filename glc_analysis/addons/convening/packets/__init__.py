"""The paper packets for participants of the convening."""
