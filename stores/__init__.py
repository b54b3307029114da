"""The places where Guanxi keeps data: raw lake, warehouse, publication, operations. Imports nothing else of ours."""
