extension [UInt8] {
    /// 32 random bytes for a store that ends with its process.
    static var random: [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
