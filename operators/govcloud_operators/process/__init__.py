"""The process around the rooms: who may write, what is watched, whose turn it is, what is told of itself."""
