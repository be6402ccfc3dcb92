/// The bytes of checked objects: poison, red zones, and the notes about their users.
extension Core {
    /// Fills a new slab and its objects. `setup_slab_debug`, `setup_object_debug`.
    func prepareForChecks(_ number: UInt32, _ geometry: CacheGeometry) {
        let slab = readSlab(number).pointee
        if geometry.flags.contains(.poison) {
            fillPlainBytes(
                PoisonByte.inUse, count: 4096 << Int(slab.order),
                at: physical(directAddress(slab.pfn)))
        }
        let tracked: CacheFlags = [.storeUser, .redZone, .poisonsObjects]
        if geometry.flags.isDisjoint(with: tracked) { return }
        for index in 0..<UInt64(slab.objects) {
            let object = slab.base + index * UInt64(geometry.size)
            initializeObject(object, geometry, PoisonByte.redInactive)
            guard geometry.flags.contains(.storeUser) else { continue }
            let track = object + UInt64(geometry.infoEnd(shape.architecture))
            fill(0, count: 2 * shape.architecture.trackSize, at: track)
        }
    }

    /// Writes the red zones of an object and poisons it.
    ///
    /// - Parameter value: what the red zones hold from now on.
    ///
    /// The corresponding kernel function is `init_object` (mm/slub.c, 6.1).
    func initializeObject(_ object: UInt64, _ geometry: CacheGeometry, _ value: UInt8) {
        let size = geometry.objectSize
        if geometry.flags.contains(.redZone) {
            fill(value, count: geometry.redLeftPad, at: object &- UInt64(geometry.redLeftPad))
        }
        if geometry.flags.contains(.poisonsObjects) {
            fill(PoisonByte.free, count: size - 1, at: object)
            fill(PoisonByte.end, count: 1, at: object + UInt64(size - 1))
        }
        if geometry.flags.contains(.redZone) {
            fill(value, count: geometry.inuse - size, at: object + UInt64(size))
        }
    }

    /// `memset` by the kernel itself; faults where nothing is mapped.
    func fill(_ byte: UInt8, count: UInt32, at address: UInt64) {
        if count == 0 || isHalted { return }
        if let fault = faultAddress(address, count: UInt64(count)) {
            return oopsOnAccess(to: fault, isWrite: true)
        }
        fillBytes(byte, count: Int(count), at: physical(address))
    }

    /// Loads bytes as the kernel does; faults, and gives zeroes, where nothing is mapped.
    func load(_ count: UInt32, at address: UInt64) -> [UInt8] {
        if let fault = faultAddress(address, count: UInt64(count)) {
            if !isHalted { oopsOnAccess(to: fault, isWrite: false) }
            return Array(repeating: 0, count: Int(count))
        }
        return readBytes(Int(count), at: physical(address))
    }
}

// MARK: - Who allocated and who freed

/// A note of the kernel about a user of an object.
///
/// There is no clock here: time is counted in steps, and the caller is the step that made the call.
///
/// The corresponding kernel type is `struct track` (mm/slub.c, 6.1).
struct Track {
    /// Where the call came from; 0 for no call.
    var caller: UInt64
    var cpu: UInt32
    var task: UInt32
    var step: UInt32
}

extension Core {
    /// The address that stands for the code that makes a machine's calls.
    private var callerAddress: UInt64 { layout.pageOffset &+ 0x1000 }

    /// Notes that this step used an object. `set_track_update`.
    func writeTrack(_ event: TrackedEvent, _ object: UInt64, _ geometry: CacheGeometry) {
        guard geometry.flags.contains(.storeUser) else { return }
        let step = control.pointee.step
        var bytes = pointerBytes(callerAddress)
        for word in [step, control.pointee.cpu, 1] { bytes += littleEndian(word) }
        if shape.architecture == .x86_64 { bytes += littleEndian(0) }
        bytes += pointerBytes(UInt64(step))
        let address = object + UInt64(geometry.trackOffset(event, shape.architecture))
        if let fault = faultAddress(address, count: UInt64(bytes.count)) {
            return oopsOnAccess(to: fault, isWrite: true)
        }
        writeBytes(bytes, at: physical(address))
    }

    /// Reads such a note; anybody may have written over it.
    func track(_ event: TrackedEvent, _ object: UInt64, _ geometry: CacheGeometry) -> Track {
        let architecture = shape.architecture
        let address = object &+ UInt64(geometry.trackOffset(event, architecture))
        let bytes = load(architecture.trackSize, at: address)
        let word = Int(architecture.pointerSize)
        func number(_ offset: Int, _ width: Int) -> UInt64 {
            bytes[offset..<(offset + width)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return Track(
            caller: number(0, word), cpu: UInt32(number(word + 4, 4)),
            task: UInt32(number(word + 8, 4)),
            step: UInt32(truncatingIfNeeded: number(bytes.count - word, word)))
    }

    /// Notes the bytes that kmalloc was asked for. `set_orig_size`.
    func writeSize(_ size: UInt32, _ object: UInt64, _ geometry: CacheGeometry) {
        guard geometry.notesSize else { return }
        let offset = geometry.paddingOffset(shape.architecture) - 4
        let address = object + UInt64(offset)
        if faultAddress(address, count: 4) == nil {
            writeBytes(littleEndian(size), at: physical(address))
        }
    }

    /// What a report says of a caller. `%pS`.
    func callerText(_ track: Track) -> String {
        track.caller == callerAddress ? "step_\(track.step)" : hexadecimal(track.caller)
    }

    private func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
