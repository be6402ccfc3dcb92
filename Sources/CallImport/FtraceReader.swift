import KernelMemory

/// Reads the kernel's ftrace as text, with the events of `kmem`.
///
/// An object of a cache comes from a cache of its own name and object size, `trace:dentry`, that is
/// made when its first object is allocated; events of kernels that do not say the name, from one of the size.
/// What was allocated before the trace began cannot be freed: such events are skipped.
struct FtraceReader: Sendable {
    private struct Object {
        let name: ImportedCall.Name
        /// The cache that it is from; `nil` if it is from kmalloc.
        let cache: ImportedCall.Name?
    }

    private var objects: [UInt64: Object] = [:]
    private var frames: Set<UInt64> = []
    private var caches: [String: ImportedCall.Name] = [:]

    /// The most caches of a trace.
    private static let cacheLimit = 1_000

    /// Reads a line that is not empty.
    ///
    /// - Returns: whether it became a call, or needs none.
    mutating func read(
        _ line: UnsafeRawBufferPointer, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        if line.first == UInt8(ascii: "#") { return true }
        guard let line = FtraceLine(line) else {
            // What was lost is said in a line of its own: CPU:1 [LOST 23 EVENTS]
            if line.starts(with: "CPU:") { return false }
            throw LineFault("This is neither a comment nor an event such as kmalloc: ptr=...")
        }
        if line.event.equals("kmalloc") || line.event.equals("kmalloc_node") {
            try kmalloc(line, &calls)
        } else if line.event.equals("kmem_cache_alloc")
            || line.event.equals("kmem_cache_alloc_node")
        {
            try allocateObject(line, &calls)
        } else if line.event.equals("kfree") {
            return try free(line, byKfree: true, &calls)
        } else if line.event.equals("kmem_cache_free") {
            return try free(line, byKfree: false, &calls)
        } else if line.event.equals("mm_page_alloc") {
            try allocPages(line, &calls)
        } else if line.event.equals("mm_page_free") {
            return try freePages(line, &calls)
        } else {
            return false
        }
        return true
    }
}

// MARK: - Objects

extension FtraceReader {
    private mutating func kmalloc(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        let size = try line.number("bytes_req", most: 0xffff_ffff)
        let gfp = try line.gfp()
        let name = try keep(line.pointer(), cache: nil)
        calls.append(ImportedCall(.kmalloc(size: size, gfp), as: name))
    }

    private mutating func allocateObject(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        let gfp = try line.gfp()
        let cache = try cache(line, &calls)
        let name = try keep(line.pointer(), cache: cache)
        calls.append(ImportedCall(.allocateObject(cache: cache, gfp), as: name))
    }

    private mutating func cache(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> ImportedCall.Name {
        let size = try line.number("bytes_req", most: UserAllocations.kmallocLimit)
        guard size > 0 else { throw LineFault("An object has at least one byte.") }
        let label = line.field("name").map { String(decoding: $0, as: UTF8.self) } ?? "\(size)"
        let name = "trace:" + label
        if let cache = caches[name] { return cache }
        guard CacheRequest.isName(name) else { throw LineFault("No cache can have this name.") }
        guard caches.count < Self.cacheLimit else {
            throw LineFault("A trace may have \(Self.cacheLimit) caches.")
        }
        let cache = ImportedCall.Name(kind: .cache, number: UInt64(caches.count + 1))
        caches[name] = cache
        calls.append(ImportedCall(.createCache(name: name, size: size), as: cache))
        return cache
    }

    private mutating func free(
        _ line: FtraceLine, byKfree isKfree: Bool, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        let pointer = try line.pointer()
        if pointer == 0, isKfree {
            calls.append(ImportedCall(.kfree(nil)))
            return true
        }
        guard let object = objects.removeValue(forKey: pointer) else { return false }
        if let cache = object.cache, !isKfree {
            calls.append(ImportedCall(.freeObject(cache: cache, object.name)))
        } else {
            calls.append(ImportedCall(.kfree(object.name)))
        }
        return true
    }

    private mutating func keep(
        _ pointer: UInt64, cache: ImportedCall.Name?
    ) throws(LineFault) -> ImportedCall.Name? {
        guard pointer != 0 else { return nil }
        guard objects.count < TraceImporter.nameLimit else { throw .tooMany }
        let name = ImportedCall.Name(kind: .address, number: pointer)
        objects[pointer] = Object(name: name, cache: cache)
        return name
    }
}

// MARK: - Pages

extension FtraceReader {
    private mutating func allocPages(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        let order = try line.number("order", most: 31)
        let gfp = try line.gfp()
        let pfn = try line.number("pfn", most: .max)
        guard pfn != 0 else { return calls.append(ImportedCall(.allocPages(gfp, order: order))) }
        guard frames.count < TraceImporter.nameLimit else { throw .tooMany }
        frames.insert(pfn)
        let name = ImportedCall.Name(kind: .frame, number: pfn)
        calls.append(ImportedCall(.allocPages(gfp, order: order), as: name))
    }

    private mutating func freePages(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        let order = try line.number("order", most: 31)
        let pfn = try line.number("pfn", most: .max)
        guard frames.remove(pfn) != nil else { return false }
        let name = ImportedCall.Name(kind: .frame, number: pfn)
        calls.append(ImportedCall(.freePages(name, order: order)))
        return true
    }
}

extension LineFault {
    fileprivate static var tooMany: LineFault {
        LineFault("A trace may have \(TraceImporter.nameLimit) objects or blocks at a time.")
    }
}

// MARK: - Fields

extension FtraceLine {
    fileprivate func value(_ name: StaticString) throws(LineFault) -> UnsafeRawBufferPointer {
        guard let value = field(name) else { throw LineFault("The event has no field \(name).") }
        return value
    }

    fileprivate func number(_ name: StaticString, most: UInt64) throws(LineFault) -> UInt64 {
        guard let number = try value(name).numberOfC, number <= most else {
            throw LineFault("\(name) must be a number of 0 to \(most).")
        }
        return number
    }

    fileprivate func pointer() throws(LineFault) -> UInt64 {
        guard let pointer = try value("ptr").pointer else {
            throw LineFault("ptr must be an address.")
        }
        return pointer
    }

    fileprivate func gfp() throws(LineFault) -> GFPFlags {
        let text = String(decoding: try value("gfp_flags"), as: UTF8.self)
        do throws(GFPSyntaxError) { return try GFPFlags(parsing: text) } catch {
            throw LineFault("gfp_flags must be names of gfp flags, such as GFP_KERNEL|__GFP_ZERO.")
        }
    }
}
