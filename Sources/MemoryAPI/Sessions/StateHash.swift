import KernelMemory

/// The hash of a session's state: chained over its configuration and its (call, returned) pairs.
///
/// The same on every host and in every process, so it can name a state: sessions that were
/// configured alike and made the same calls have the same hash. It keeps nobody from making
/// collisions on purpose.
enum StateHash {
    /// Multiplies to 128 bits and folds the halves.
    @inline(__always)
    static func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = (first ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(
            by: second ^ 0xd1b5_4a32_d192_ed03)
        return (product.high ^ product.low) &+ first.rotated(by: 29)
    }

    /// The hash of a machine that has just booted.
    static func initial(_ configuration: MachineConfiguration) -> UInt64 {
        var hash = bytes(configuration.kind.rawValue.utf8)
        hash = mix(hash, UInt64(configuration.memoryInMiB))
        hash = mix(hash, UInt64(configuration.cpuCount) << 1 | (configuration.debug ? 1 : 0))
        hash = mix(hash, bytes(configuration.slab.rawValue.utf8))
        if configuration.keepsCachesApart { hash = mix(hash, 1) }
        if configuration.checksObjects, !configuration.debug { hash = mix(hash, 2) }
        if configuration.tlb != .usual {
            for number in [
                configuration.tlb.smallEntries, configuration.tlb.largeEntries,
                configuration.tlb.ways,
            ] { hash = mix(hash, UInt64(number)) }
        }
        guard case .recording(let digest) = configuration.origin else { return hash }
        return (0..<4).reduce(hash) { mix($0, digest.words[$1]) }
    }

    /// The hash of some bytes and their number.
    static func bytes(_ bytes: some Collection<UInt8>) -> UInt64 {
        var hash = UInt64(bytes.count)
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if index % 8 == 7 { (hash, word) = (mix(hash, word), 0) }
        }
        return mix(hash, word)
    }

    /// The hash of bytes that come in parts, wherever they are cut, with the next part.
    ///
    /// The corresponding function is FNV-1a; 0 stands for its beginning.
    static func continued(_ hash: UInt64, _ part: UnsafeRawBufferPointer) -> UInt64 {
        part.reduce(hash == 0 ? 0xcbf2_9ce4_8422_2325 : hash) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
    }
}

extension UInt64 {
    @inline(__always)
    fileprivate func rotated(by count: UInt64) -> UInt64 { self << count | self >> (64 - count) }
}
