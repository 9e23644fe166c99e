"""scenetg makes data: videos in, labelled examples out."""
