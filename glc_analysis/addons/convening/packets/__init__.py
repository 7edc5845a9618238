"""What participants of the convening get on paper."""
