/// A stretch of the kernel's address space.
///
/// The corresponding kernel type is `struct vmap_area` (include/linux/vmalloc.h, 6.1).
struct VmapRange: Hashable {
    /// First address. `va_start`.
    var start: UInt64
    /// One past the last, guard page included. `va_end`.
    var end: UInt64
    /// Where its `struct vmap_area` lies; ``elsewhere`` if the kernel made it before this machine began.
    var object: UInt64

    /// Stands for an object that is there, but no record says where.
    static let elsewhere: UInt64 = 1

    var pageCount: UInt64 { (end - start) >> 12 }
}

/// An area in use.
///
/// The corresponding kernel type is `struct vm_struct` (include/linux/vmalloc.h, 6.1).
struct VmArea: Hashable {
    var range: VmapRange
    /// Where its `struct vm_struct` lies.
    var object: UInt64
    var flags: VmFlags
    /// Where the array with its pages lies; 0 if it has none. `pages`.
    var pages: UInt64 = 0
    /// Pages in that array. `nr_pages`.
    var pageCount: UInt32 = 0
    /// Bytes that were asked for.
    var requested: UInt64
    /// The step of the call that made it; 0 if none of this machine did.
    var step: UInt32
    /// The step in which an interrupt gave it to `vfree`, so that it waits for a worker; 0 if none did.
    var putOffStep: UInt32 = 0
    /// Who asked for it, as `/proc/vmallocinfo` says it. `caller`.
    var caller: AreaCaller

    /// One past the last address that is mapped. `get_vm_area_size`.
    var mappedEnd: UInt64 { range.end - (flags.contains(.noGuard) ? 0 : 4096) }
}

/// What an area is. `VM_IOREMAP` and others (include/linux/vmalloc.h, 6.1).
struct VmFlags: OptionSet, Hashable {
    let rawValue: UInt32
    /// Device memory. `VM_IOREMAP`.
    static let ioremap = VmFlags(rawValue: 0x1)
    /// Its pages are its own. `VM_ALLOC`.
    static let alloc = VmFlags(rawValue: 0x2)
    /// It maps pages of others. `VM_MAP`.
    static let map = VmFlags(rawValue: 0x4)
    /// Users may map it. `VM_USERMAP`.
    static let userMap = VmFlags(rawValue: 0x8)
    /// For devices. `VM_DMA_COHERENT`.
    static let dmaCoherent = VmFlags(rawValue: 0x10)
    /// No page behind it is kept unmapped. `VM_NO_GUARD`.
    static let noGuard = VmFlags(rawValue: 0x40)
    /// Its protection was changed, and has to be changed back. `VM_FLUSH_RESET_PERMS`.
    static let resetPermissions = VmFlags(rawValue: 0x100)
    /// `vfree` frees the pages that it maps. `VM_MAP_PUT_PAGES`.
    static let putPages = VmFlags(rawValue: 0x200)
}

/// Who asked for an area.
enum AreaCaller: Hashable {
    /// A call of this machine, in the area's step.
    case call
    /// The loader of modules.
    case loadModule
    /// Somebody whom a recording names: which of ``VmapSpace/recordedCallers``.
    case recorded(Int)
}

extension Core {
    /// Who asked for an area, as `/proc/vmallocinfo` says it: a function, how far into it, how long it
    /// is.
    func callerText(_ area: VmArea) -> String {
        switch area.caller {
        case .call: "step_\(area.step)+0x0/0x0 [kmemlab]"
        case .loadModule:
            // As on the recorded kernels.
            shape.architecture == .i386 ? "load_module+0x9d7/0x16d0" : "load_module+0xa72/0x1aa0"
        case .recorded(let index): vmap.pointee.recordedCallers[index]
        }
    }
}
