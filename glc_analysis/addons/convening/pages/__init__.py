"""The pages of the convening: principles, agenda, joint display."""
