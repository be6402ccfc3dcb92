import KernelMemory
import Testing

@testable import MemoryAPI

/// What a session keeps of its calls.
@Suite struct JournalTests {
    @Test func storesThatWereUndone_areForgottenWithTheirBytes() throws {
        let image = SharedImage(try MachineConfiguration(kind: .classroom))
        var session = SessionState(image, booted: try image.booted(), limits: SessionLimits())
        for byte in 0..<5 {
            _ = try session.apply(.store(VirtualAddress(0xc010_0000), [UInt8(byte)]))
            _ = try session.apply(.allocPage(.kernel))
        }
        #expect(session.payloadCount == 5)
        try session.move(to: 3)
        #expect(session.payloadCount == 5)
        _ = try session.apply(.store(VirtualAddress(0xc010_0000), [9]))
        #expect(session.payloadCount == 3)
        let stored = try session.view().call(of: 4)
        #expect(stored.map { "\($0)" } == "memcpy_to(0xc0100000, 1)")
    }
}

/// What `GET /journal` tells of each step.
extension JournalTests {
    /// A session that makes calls of every kind, some of them wrong.
    private static func work(_ client: TestClient) throws {
        for (path, body) in [
            ("/pages", #"{"call":"__get_free_pages","order":2}"#),
            ("/calls", #"{"call":"free_pages(0xc0100000, 3)"}"#),
            (
                "/calls",
                #"{"call":"kmem_cache_create(\"mine\", 40, 8, SLAB_HWCACHE_ALIGN|SLAB_POISON, 0x5a)"}"#
            ),
            ("/calls", #"{"call":"kmem_cache_alloc(mine, GFP_ATOMIC)"}"#),
            ("/kmalloc", #"{"size":100}"#), ("/vmalloc", #"{"size":9000}"#),
            ("/calls", #"{"call":"spin_lock_irqsave(lock)"}"#),
            ("/calls", #"{"call":"kmalloc(8, GFP_KERNEL)"}"#),
            ("/calls", #"{"call":"spin_unlock_irqrestore(lock, 0x200)"}"#),
            ("/calls", #"{"call":"alloc_page(GFP_HIGHUSER)","cpu":1}"#),
            ("/calls", #"{"call":"kmap_atomic(0xc037c000, KM_USER0)"}"#),
            ("/calls", #"{"call":"kmap_atomic(0xc037c000)"}"#),
            ("/calls", #"{"call":"kfree(NULL)"}"#), ("/calls", #"{"call":"preempt_disable()"}"#),
            ("/calls", #"{"call":"kswapd_wakes()"}"#), ("/calls", #"{"call":"drop_slab()"}"#),
            ("/calls", #"{"call":"memset(0xc0100000, 0x5a, 64)"}"#),
            ("/calls", #"{"call":"load(0xc0100000, 4)"}"#),
            ("/calls", #"{"call":"vmap([0xc037c000 0xc037c020])"}"#),
            ("/freelists", #"{"name":"home made","size":64}"#),
        ] { _ = try client.post(path, body) }
    }

    @Test func entry_asTheBodyOfACall_makesTheCallAgain() throws {
        let client = try TestClient(cpus: 2, options: #""debug":true"#)
        try Self.work(client)
        let again = try TestClient(cpus: 2, options: #""debug":true"#)
        let entries = try client.get("/journal").json["entries"].array
        #expect(entries.count >= 18)
        for entry in entries {
            var call = entry["arguments"].object
            call["call"] = entry["function"]
            let reply = try again.post("/calls", JSON.object(call).serialized)
            #expect(reply.json["call"] == entry["call"])
            #expect(reply.json["returned"] == entry["returned"])
            #expect(reply.json["log"] == entry["log"])
            #expect(reply.json["misuse"] == entry["misuse"])
        }
        #expect(try again.snapshot() == client.snapshot())
    }

    @Test func entry_ofWhatHasARouteOfItsOwn_hasThatRoutesBody() throws {
        let client = try TestClient()
        _ = try client.put("/memory/0xc0100000", #"{"text":"hello"}"#)
        _ = try client.post(
            "/accesses", #"{"address":"0xc0100000","length":64,"pattern":"random","seed":7}"#)
        _ = try client.post(
            "/accesses", #"{"address":"0xc0100000","pattern":"list","offsets":[0,8,4]}"#)
        _ = try client.post("/dma", #"{"physical_address":"0x100000","length":16,"byte":9}"#)
        _ = try client.post("/modules", #"{"name":"driver","text_size":5000,"data_size":100}"#)
        _ = try client.delete("/modules/driver")
        let again = try TestClient()
        let routes = [
            "memcpy_to": "/memory", "access": "/accesses", "dma": "/dma", "load_module": "/modules",
        ]
        for entry in try client.get("/journal").json["entries"].array {
            var body = entry["arguments"].object
            let function = try #require(entry["function"].string)
            switch function {
            case "memcpy_to":
                let address = try #require(body.removeValue(forKey: "address")?.string)
                _ = try again.put("/memory/\(address)", JSON.object(body).serialized)
            case "delete_module":
                _ = try again.delete("/modules/\(try #require(body["name"]?.string))")
            default:
                _ = try again.post(try #require(routes[function]), JSON.object(body).serialized)
            }
        }
        #expect(try again.snapshot() == client.snapshot())
    }
}
