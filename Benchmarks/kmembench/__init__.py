"""The benchmarks of kmemlab: the service beside bare libmicrohttpd, and the core alone."""
