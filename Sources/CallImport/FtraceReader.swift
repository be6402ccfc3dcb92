import KernelMemory

/// Reads the kernel's ftrace as text, with the events of `kmem`.
///
/// An object of a cache comes from a cache of its own name and object size, `trace:dentry`, that is
/// made when its first object is allocated; events of kernels that do not say the name, from one of the size.
/// What was allocated before the trace began cannot be freed: such events are skipped.
///
/// Where a trace has events of pages and of objects, the pages of slabs are left out: the machine takes its own.
///
/// What this server exports itself (`GET /trace`) names its caches, and has marks for the calls that no
/// event tells; what lies between the braces of a mark is that call's own doing.
struct FtraceReader: Sendable {
    private struct Object {
        let name: ImportedCall.Name
        /// The cache that it is from; `nil` if it is from kmalloc.
        let cache: ImportedCall.Cache?
    }

    private var objects: [UInt64: Object] = [:]
    private var frames: Set<UInt64> = []
    private var caches: [String: ImportedCall.Name] = [:]
    /// Events of pages that may be a slab's.
    private var pages = WaitingPages()
    /// Whether this server has written the trace.
    private var isOwn = false
    /// Marks that the line is in the braces of.
    private var depth = 0

    /// The most caches of a trace.
    private static let cacheLimit = 1_000

    /// Reads a line that is not empty.
    ///
    /// - Returns: whether it became a call, or needs none.
    mutating func read(
        _ line: UnsafeRawBufferPointer, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        if line.first == UInt8(ascii: "#") {
            if line.starts(with: "# kmemlab: ") { isOwn = true }
            return true
        }
        guard let line = FtraceLine(line) else {
            // What was lost is said in a line of its own: CPU:1 [LOST 23 EVENTS]
            if line.starts(with: "CPU:") { return false }
            throw LineFault("This is neither a comment nor an event such as kmalloc: ptr=...")
        }
        if isOwn, let mark = FtraceMark(line) { return read(mark, &calls) }
        return depth > 0 ? true : try read(line, &calls)
    }

    /// The calls of events that were still waiting when the trace ended.
    mutating func finish(_ calls: inout [ImportedCall]) {
        for page in pages.takeAll() { allocPages(page, &calls) }
    }

    private mutating func read(_ mark: FtraceMark, _ calls: inout [ImportedCall]) -> Bool {
        if mark.ends {
            depth = max(0, depth - 1)
            return true
        }
        if depth == 0 { finish(&calls) }
        if depth == 0, mark.isCall { calls.append(ImportedCall(.text(mark.call))) }
        if mark.begins { depth += 1 }
        return mark.isCall
    }

    private mutating func read(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        guard let event = Event(line.event) else {
            return isOwn && line.event.starts(with: "mm_page_")
        }
        switch event {
        case .kmalloc: try kmalloc(line, &calls)
        case .objectAlloc: try allocateObject(line, &calls)
        case .kfree, .objectFree:
            settle(line, for: nil, &calls)
            return try free(line, byKfree: event == .kfree, &calls)
        case .pageAlloc: try wait(line)
        case .pageFree: return try freePages(line, &calls)
        }
        return true
    }

    private enum Event {
        case kmalloc, objectAlloc, kfree, objectFree, pageAlloc, pageFree

        init?(_ name: UnsafeRawBufferPointer) {
            if name.equals("kmalloc") || name.equals("kmalloc_node") {
                self = .kmalloc
            } else if name.equals("kmem_cache_alloc") || name.equals("kmem_cache_alloc_node") {
                self = .objectAlloc
            } else if name.equals("kfree") {
                self = .kfree
            } else if name.equals("kmem_cache_free") {
                self = .objectFree
            } else if name.equals("mm_page_alloc") {
                self = .pageAlloc
            } else if name.equals("mm_page_free") {
                self = .pageFree
            } else {
                return nil
            }
        }
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
        settle(line, for: size, &calls)
        calls.append(ImportedCall(.kmalloc(size: size, gfp), as: name))
    }

    private mutating func allocateObject(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        let gfp = try line.gfp()
        settle(line, for: 0, &calls)
        let cache = try cache(line, &calls)
        let name = try keep(line.pointer(), cache: cache)
        calls.append(ImportedCall(.allocateObject(cache: cache, gfp), as: name))
    }

    private mutating func cache(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> ImportedCall.Cache {
        let size = try line.number("bytes_req", most: UserAllocations.kmallocLimit)
        guard size > 0 else { throw LineFault("An object has at least one byte.") }
        let label = line.field("name").map { String(decoding: $0, as: UTF8.self) }
        if isOwn, let label {
            guard CacheRequest.isName(label) else { throw LineFault("No cache has this name.") }
            return .named(label)
        }
        let name = "trace:" + (label ?? "\(size)")
        if let cache = caches[name] { return .made(cache) }
        guard CacheRequest.isName(name) else { throw LineFault("No cache can have this name.") }
        guard caches.count < Self.cacheLimit else {
            throw LineFault("A trace may have \(Self.cacheLimit) caches.")
        }
        let cache = ImportedCall.Name(kind: .cache, number: UInt64(caches.count + 1))
        caches[name] = cache
        calls.append(ImportedCall(.createCache(name: name, size: size), as: cache))
        return .made(cache)
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
        _ pointer: UInt64, cache: ImportedCall.Cache?
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
    private mutating func wait(_ line: FtraceLine) throws(LineFault) {
        let page = WaitingPages.Page(
            gfp: try line.gfp(), order: try line.number("order", most: 31),
            pfn: try line.number("pfn", most: .max), seconds: isOwn ? line.seconds : nil)
        guard frames.count + pages.count < TraceImporter.nameLimit else { throw .tooMany }
        pages.add(page, of: task(line))
    }

    /// Whose pages a line's are: this server's own traces are in the order of the calls, whatever the task.
    private func task(_ line: FtraceLine) -> UnsafeRawBufferPointer {
        isOwn ? UnsafeRawBufferPointer(start: nil, count: 0) : line.task
    }

    /// Says of the task's pages that wait whether they are a slab's, or makes calls of them.
    ///
    /// - Parameter size: the bytes of the object that the task has allocated, 0 for a cache's; `nil` if it did
    ///   something else.
    private mutating func settle(
        _ line: FtraceLine, for size: UInt64?, _ calls: inout [ImportedCall]
    ) {
        guard pages.count > 0 else { return }
        var waiting = pages.take(of: task(line))
        if let size { waiting.removeLast(Self.slabPages(waiting, size, line, isOwn: isOwn)) }
        for page in waiting { allocPages(page, &calls) }
    }

    /// How many of the last pages are the slab's, or the block's, that an object was allocated from.
    private static func slabPages(
        _ waiting: [WaitingPages.Page], _ size: UInt64, _ line: FtraceLine, isOwn: Bool
    ) -> Int {
        if isOwn {
            let seconds = line.seconds
            return waiting.reversed().prefix { $0.seconds == seconds }.count
        }
        guard let last = waiting.last else { return 0 }
        if last.isSlabs || last.isBlock(of: size) { return 1 }
        // A slab of fewer pages, behind a try that found none.
        let isSecondTry = waiting.dropLast().last.map { $0.isSlabs && $0.pfn == 0 } ?? false
        return isSecondTry ? 2 : 0
    }

    private mutating func allocPages(_ page: WaitingPages.Page, _ calls: inout [ImportedCall]) {
        let function = ImportedCall.Function.allocPages(page.gfp, order: page.order)
        guard page.pfn != 0 else { return calls.append(ImportedCall(function)) }
        frames.insert(page.pfn)
        let name = ImportedCall.Name(kind: .frame, number: page.pfn)
        calls.append(ImportedCall(function, as: name))
    }

    private mutating func freePages(
        _ line: FtraceLine, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        let order = try line.number("order", most: 31)
        let pfn = try line.number("pfn", most: .max)
        settle(line, for: nil, &calls)
        // Whoever frees a page, it was allocated before.
        for page in pages.take(with: pfn) { allocPages(page, &calls) }
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
