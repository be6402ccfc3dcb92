/// One name that source code or the log can use for a gfp mask.
public struct GFPName: Sendable {
    /// The kernel's name, for example `GFP_KERNEL`.
    public let name: String
    /// What the name stands for.
    public let flags: GFPFlags
}

extension GFPFlags {
    /// The names in the order in which the kernel looks for them when it prints a mask: the
    /// combinations with most bits first.
    ///
    /// The corresponding kernel macro is `__def_gfpflag_names` (include/trace/events/mmflags.h,
    /// 6.1).
    public static let printedNames: [GFPName] = [
        .init(name: "GFP_TRANSHUGE", flags: .transhuge),
        .init(name: "GFP_TRANSHUGE_LIGHT", flags: .transhugeLight),
        .init(name: "GFP_HIGHUSER_MOVABLE", flags: .highUserMovable),
        .init(name: "GFP_HIGHUSER", flags: .highUser),
        .init(name: "GFP_USER", flags: .user),
        .init(name: "GFP_KERNEL_ACCOUNT", flags: .kernelAccount),
        .init(name: "GFP_KERNEL", flags: .kernel),
        .init(name: "GFP_NOFS", flags: .noFS),
        .init(name: "GFP_ATOMIC", flags: .gfpAtomic),
        .init(name: "GFP_NOIO", flags: .noIO),
        .init(name: "GFP_NOWAIT", flags: .noWait),
        .init(name: "GFP_DMA", flags: .dma),
        .init(name: "__GFP_HIGHMEM", flags: .highmem),
        .init(name: "GFP_DMA32", flags: .dma32),
        .init(name: "__GFP_HIGH", flags: .high),
        .init(name: "__GFP_ATOMIC", flags: .atomic),
        .init(name: "__GFP_IO", flags: .io),
        .init(name: "__GFP_FS", flags: .fs),
        .init(name: "__GFP_NOWARN", flags: .noWarn),
        .init(name: "__GFP_RETRY_MAYFAIL", flags: .retryMayFail),
        .init(name: "__GFP_NOFAIL", flags: .noFail),
        .init(name: "__GFP_NORETRY", flags: .noRetry),
        .init(name: "__GFP_COMP", flags: .comp),
        .init(name: "__GFP_ZERO", flags: .zero),
        .init(name: "__GFP_NOMEMALLOC", flags: .noMemalloc),
        .init(name: "__GFP_MEMALLOC", flags: .memalloc),
        .init(name: "__GFP_HARDWALL", flags: .hardwall),
        .init(name: "__GFP_THISNODE", flags: .thisNode),
        .init(name: "__GFP_RECLAIMABLE", flags: .reclaimable),
        .init(name: "__GFP_MOVABLE", flags: .movable),
        .init(name: "__GFP_ACCOUNT", flags: .account),
        .init(name: "__GFP_WRITE", flags: .write),
        .init(name: "__GFP_RECLAIM", flags: .reclaim),
        .init(name: "__GFP_DIRECT_RECLAIM", flags: .directReclaim),
        .init(name: "__GFP_KSWAPD_RECLAIM", flags: .kswapdReclaim),
        .init(name: "__GFP_ZEROTAGS", flags: .zeroTags),
    ]

    /// Names that may be written but are never printed.
    ///
    /// Flags that this kernel was built without are 0 here as they are there.
    public static let furtherNames: [GFPName] = [
        .init(name: "__GFP_DMA", flags: .dma),
        .init(name: "__GFP_DMA32", flags: .dma32),
        .init(name: "__GFP_NOLOCKDEP", flags: []),
        .init(name: "__GFP_SKIP_ZERO", flags: []),
        .init(name: "__GFP_SKIP_KASAN_UNPOISON", flags: []),
        .init(name: "__GFP_SKIP_KASAN_POISON", flags: []),
    ]

    /// Every name that can be written.
    public static let allNames = printedNames + furtherNames
}

extension GFPFlags: CustomStringConvertible {
    /// The mask as the kernel prints it: `GFP_KERNEL|__GFP_ZERO`, `none` for 0, and bits that
    /// have no name as a hexadecimal number at the end.
    ///
    /// The corresponding kernel function is `format_flags` (lib/vsprintf.c, 6.1).
    public var description: String {
        var parts: [String] = []
        var left = self
        for entry in Self.printedNames where left.isSuperset(of: entry.flags) {
            parts.append(entry.name)
            left.subtract(entry.flags)
        }
        if !left.isEmpty { parts.append(hexadecimal(UInt64(left.rawValue))) }
        return parts.isEmpty ? "none" : parts.joined(separator: "|")
    }
}

/// A number as the kernel's `%#lx` prints it.
func hexadecimal(_ value: UInt64) -> String {
    value == 0 ? "0x0" : "0x" + String(value, radix: 16)
}
