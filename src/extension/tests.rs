//! Tests in the server.
