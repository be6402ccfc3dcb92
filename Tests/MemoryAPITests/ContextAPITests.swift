import Testing

/// GET and PUT /context, and what is refused in a context.
@Suite struct ContextAPITests {
    @Test func put_makesTheCallsThatLeadThere() throws {
        let client = try TestClient("i386", cpus: 2)
        let reply = try client.put("/context", #"{"cpu":1,"context":"hardirq"}"#)
        #expect(
            reply.json["calls"].array.compactMap { $0["call"].string } == [
                "run_on_cpu(1)", "enter_irq()",
            ])
        #expect(reply.json["cpus"][1]["context"].string == "hardirq")
        #expect(reply.json["cpus"][1]["may_sleep"] == .bool(false))
        #expect(reply.json["cpus"][0]["may_sleep"] == .bool(true))
        let back = try client.put(
            "/context", #"{"context":"process","preempt_disabled":true,"irqs_disabled":true}"#)
        #expect(
            back.json["calls"].array.compactMap { $0["call"].string }
                == ["exit_irq()", "local_irq_disable()", "preempt_disable()"])
        let none = try client.put("/context", "{}")
        #expect(none.json["calls"].array.isEmpty)
        #expect(none.json["step"].int == 5)
    }

    @Test func unbalanced_isReported() throws {
        let client = try TestClient("i386")
        for call in ["preempt_disable()", "spin_lock(&dev->lock)", "local_bh_disable()"] {
            #expect(try client.post("/calls", "{\"call\":\"\(call)\"}").status == 200)
        }
        let report = try client.get("/report").json
        #expect(
            report["unbalanced"].array.compactMap { $0["missing"].string }
                == ["preempt_enable", "local_bh_enable", "spin_unlock(&dev->lock)"])
        #expect(
            report["summary"].string?.contains("preempt_disable without preempt_enable") == true)
    }

    @Test func mappings_areUnbalancedAndInTheTotals() throws {
        let client = try TestClient("classroom")
        _ = try client.post("/calls", #"{"call":"alloc_page(GFP_HIGHUSER)"}"#)
        for path in ["/kmap", "/kmap_atomic"] { _ = try client.post(path, #"{"page":1}"#) }
        let report = try client.get("/report").json
        #expect(
            report["unbalanced"].array.compactMap { $0["missing"].string }
                == ["kunmap_atomic", "kunmap"])
        #expect(report["unbalanced"][1]["cpu"] == .null)
        #expect(
            report["leak_totals"].array.compactMap { $0["call"].string }
                == ["alloc_page", "kmap", "kmap_atomic"])
    }

    @Test(arguments: ["vmalloc(4096)", "vunmap(0xf7bfe000)"])
    func areas_inAnInterrupt_areContextViolations(_ call: String) throws {
        let client = try TestClient("classroom")
        for call in ["enter_irq()", call] {
            _ = try client.post("/calls", "{\"call\":\"\(call)\"}")
        }
        let report = try client.get("/report").json
        #expect(report["context_violations"].int == 1)
        #expect(report["misuse"][0]["code"].string == "vmalloc-in-interrupt")
    }

    @Test func kunmapLocal_ofAUsersAddress_isNoticed() throws {
        let client = try TestClient("classroom")
        _ = try client.post("/calls", #"{"call":"kunmap_local(0x1000)"}"#)
        let misuse = try client.get("/report").json["misuse"][0]
        #expect(misuse["code"].string == "kunmap-of-wrong-address")
        #expect(misuse["noticed_by_kernel"] == .bool(true))
    }

    @Test func spinning_refusesCallsOfThatCPUOnly() throws {
        let client = try TestClient("i386", cpus: 2)
        _ = try client.post("/calls", #"{"call":"spin_lock(a)"}"#)
        let blocked = try client.post("/calls", #"{"call":"spin_lock(a)","cpu":1}"#)
        #expect(blocked.json["blocked"]["held"][0]["cpu"].int == 0)
        let refused = try client.post("/calls", #"{"call":"alloc_page(GFP_ATOMIC)"}"#)
        #expect(refused.status == 409)
        #expect(refused.json["type"].string == "/problems/cpu-spins")
        let freed = try client.post("/calls", #"{"call":"spin_unlock(a)","cpu":0}"#)
        #expect(freed.json["resumed"][0]["cpu"].int == 1)
        #expect(try client.get("/context").json["locks"][0]["cpu"].int == 1)
    }

    @Test func batch_onASpinningCPU_goesOnElsewhere() throws {
        let client = try TestClient("i386", cpus: 2)
        let batch = try client.post(
            "/calls",
            #"""
            [{"call":"spin_lock(a)"},{"call":"spin_lock(a)","cpu":1},{"call":"alloc_page(GFP_ATOMIC)"},
             {"call":"spin_unlock(a)","cpu":0},{"call":"spin_unlock(a)","cpu":1}]
            """#)
        #expect(batch.json[2]["step"] == .null)
        #expect(batch.json[3]["resumed"][0]["cpu"].int == 1)
        #expect(batch.json[4]["misuse"].array.isEmpty)
    }
}
