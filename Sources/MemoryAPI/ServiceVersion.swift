/// What this program and its interface call themselves.
public enum ServiceVersion {
    /// The program's version.
    public static let text = "0.1.0"
    /// The version of the interface, as the OpenAPI file has it.
    public static let interface = "0.1.0"
}
