import Glibc

/// A request's body, gathered in a block that is reused from request to request.
struct RequestBody: ~Copyable {
    /// Readable zero bytes behind the body (simdjson reads in blocks of 64).
    static let paddingInBytes = 64
    /// What every connection keeps; most bodies fit.
    private static let smallCapacity = 1_024
    /// A larger block is returned after its request. An announced length reserves no more than
    /// this, so that an announcement alone costs little.
    static let keptCapacityInBytes = 65_536

    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = RequestBody.smallCapacity
        base = allocateBytes(capacity + RequestBody.paddingInBytes)
    }

    deinit {
        free(base)
    }

    /// The body, with the padding behind it once ``finish()`` was called.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// Appends a part.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        guard let source = part.baseAddress, part.count > 0 else { return }
        if part.count > capacity - count { reserve(max(count + part.count, capacity * 2)) }
        memcpy(base + count, source, part.count)
        count += part.count
    }

    /// Makes room for a whole body of known length.
    mutating func reserve(_ wantedCapacity: Int) {
        guard wantedCapacity > capacity else { return }
        let larger = allocateBytes(wantedCapacity + RequestBody.paddingInBytes)
        memcpy(larger, base, count)
        free(base)
        base = larger
        capacity = wantedCapacity
    }

    /// Writes the padding behind the last part.
    func finish() {
        memset(base + count, 0, RequestBody.paddingInBytes)
    }

    /// Forgets the body, and returns a large block.
    mutating func removeAll() {
        count = 0
        guard capacity > RequestBody.keptCapacityInBytes else { return }
        free(base)
        capacity = RequestBody.smallCapacity
        base = allocateBytes(capacity + RequestBody.paddingInBytes)
    }
}

private func allocateBytes(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    guard let block = malloc(count) else { fatalError("out of memory: \(count) bytes") }
    return block.assumingMemoryBound(to: UInt8.self)
}
