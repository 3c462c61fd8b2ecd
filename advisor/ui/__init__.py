"""The Streamlit front end: pages made of components; ``state`` alone writes to the session, ``layout`` frames all."""
