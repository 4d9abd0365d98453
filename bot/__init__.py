"""The product as people meet it: faces, one assistant, answers, digest, delivery."""
