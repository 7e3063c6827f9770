"""Every picture of the course: no other module imports a plotting library."""
