import KernelMemory
import Testing

/// The kernel's own spelling of masks and calls.
@Suite struct NotationTests {
    @Test(
        arguments: [
            ("GFP_KERNEL", 0xcc0), ("GFP_ATOMIC", 0xa20), ("GFP_NOWAIT", 0x800),
            ("GFP_HIGHUSER", 0x100cc2), ("GFP_HIGHUSER_MOVABLE", 0x100cca), ("GFP_DMA", 1),
            ("GFP_KERNEL|__GFP_ZERO", 0xdc0), (" GFP_KERNEL | __GFP_NORETRY ", 0x10cc0),
            ("0xcc0", 0xcc0),
        ] as [(String, UInt32)])
    func gfp_isReadAsTheKernelDefinesIt(_ text: String, _ value: UInt32) throws {
        #expect(try GFPFlags(parsing: text).rawValue == value)
    }

    @Test(
        arguments: [
            (0xcc0, "GFP_KERNEL"), (0x10cc0, "GFP_KERNEL|__GFP_NORETRY"), (0, "none"),
            (0xdc0, "GFP_KERNEL|__GFP_ZERO"), (0x1000cc0, "GFP_KERNEL|0x1000000"),
            (0x400, "__GFP_DIRECT_RECLAIM"),
        ] as [(UInt32, String)])
    func gfp_isPrintedAsTheKernelDoes(_ value: UInt32, _ text: String) {
        #expect(GFPFlags(rawValue: value).description == text)
    }

    @Test func gfp_everyName_isReadBack() throws {
        for entry in GFPFlags.allNames {
            #expect(try GFPFlags(parsing: entry.name) == entry.flags)
        }
    }

    @Test func gfp_misspelt_isRefusedWithSuggestion() {
        #expect(
            throws: GFPSyntaxError.unknownFlag("GFP_KERNAL", suggestions: ["GFP_KERNEL"])
        ) { try GFPFlags(parsing: "GFP_KERNAL") }
        #expect(throws: GFPSyntaxError.emptyTerm) { try GFPFlags(parsing: "GFP_KERNEL|") }
    }

    @Test(arguments: [
        ("get_zereod_page(GFP_KERNEL)", "get_zeroed_page"),
        ("__gte_free_page(GFP_KERNEL)", "__get_free_page"),
        ("aloc_pages(GFP_KERNEL, 1)", "alloc_pages"),
        ("free_pagse(0xc1000000, 1)", "free_pages"),
    ])
    func call_misspelt_suggestsTheRightOne(_ text: String, _ wanted: String) {
        do throws(CallSyntaxError) {
            _ = try KernelCall(parsing: text)
            Issue.record("\(text) was accepted")
        } catch {
            guard case .unknownFunction(_, let suggestions) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(suggestions.first == wanted)
        }
    }

    @Test(arguments: [
        "alloc_pages(GFP_KERNEL, 3)", "alloc_page(GFP_ATOMIC)", "__get_free_pages(GFP_KERNEL, 2)",
        "__get_free_page(GFP_DMA)", "get_zeroed_page(GFP_KERNEL)", "page_address(0xf6c00000)",
        "__free_pages(0xf6c00000, 3)", "__free_page(0xf6c00000)", "free_pages(0xc1f40000, 3)",
        "free_page(0xc1f40000)", "split_page(0xf6c00000, 2)", "memset(0xc1f40000, 0x5c, 4096)",
        "free_pages(NULL, 0)", "kswapd_wakes()",
    ])
    func call_isReadAndPrintedAlike(_ text: String) throws {
        #expect(try KernelCall(parsing: text).description == text)
    }

    @Test func call_mayBeAStatement() throws {
        let call = try KernelCall(parsing: "unsigned long a = __get_free_pages( GFP_KERNEL , 2 );")
        #expect(call == .getFreePages(.kernel, order: 2))
    }

    @Test(arguments: [
        "", "(", "alloc_pages", "alloc_pages(GFP_KERNEL", "alloc_pages(GFP_KERNEL)",
        "alloc_pages(GFP_KERNEL, -1)", "alloc_pages(GFP_KERNEL, 99)", "alloc_pages(,1)",
        "free_pages(0x1ffffffffffffffff, 1)", "free_pages(here, 1)", "memset(0, 300, 1)",
        "alloc_pages(GFP_KERNEL, 1) extra",
    ])
    func call_malformed_isRefused(_ text: String) {
        #expect(throws: CallSyntaxError.self) { try KernelCall(parsing: text) }
    }
}
