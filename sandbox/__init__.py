"""The four source systems, simulated over HTTP and a drop folder, with a hidden truth for evaluation."""
