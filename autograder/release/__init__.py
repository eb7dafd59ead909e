"""From source/ to what students get: build, cells, regions, leaks."""
