/// Which version of the service this is; the same as in the OpenAPI file.
enum ServiceVersion {
    static let text = "0.1.0"
}
