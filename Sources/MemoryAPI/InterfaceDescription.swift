/// The OpenAPI file in its two forms, in memory that lasts as long as the program.
public struct InterfaceDescription: @unchecked Sendable {
    let yaml: UnsafeRawBufferPointer
    let json: UnsafeRawBufferPointer

    /// Keeps both forms; whoever reads the file converts it.
    public init(yaml: String, json: String) {
        self.yaml = lastingBytes(yaml)
        self.json = lastingBytes(json)
    }
}
