"""Read and write preset files of many synths; ``registry`` lists the formats."""
