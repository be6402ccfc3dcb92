import KernelMemory
import MicroHTTPD
import Testing

@testable import MemoryAPI

private let book = ExerciseBook(BootImageCache(SessionLimits()))
private let topics = ExerciseTopics.all.map { $0.id }

/// Problems of a topic at every level.
private func problems(_ topic: String, seeds: ClosedRange<UInt64>) -> [PosedExercise] {
    seeds.flatMap { seed in
        ExerciseReference.levels.compactMap { level in
            book.pose(ExerciseReference(topic: topic, seed: seed, level: level))
        }
    }
}

@Suite struct ExerciseProblemTests {
    /// What a student can find out from what he is shown is what the machine came to, and gets all credit.
    @Test(arguments: topics)
    func solver_withoutMachine_findsTheRightAnswer(_ topic: String) {
        var known = 0
        var asked = 0
        for posed in problems(topic, seeds: 1...60) {
            let solved = ExerciseSolver(posed).answers(topic)
            let parts = posed.exercise.parts
            for part in parts {
                asked += 1
                guard let answer = solved["\(part.field)"] else { continue }
                known += 1
                #expect(
                    part.form.canonical(answer) == part.right,
                    "\(posed.reference.path): \(part.field)\n\(posed.sheet)")
            }
            let mark = ExerciseMark(posed.exercise, parts.map { solved["\($0.field)"] ?? $0.right })
            #expect(mark.thousandths == 1_000 && mark.isRight)
        }
        #expect(known * 10 >= asked * 9, "\(known) of \(asked)")
    }

    @Test(arguments: topics)
    func problem_isWorthwhile_fitsOnAScreen_andVaries(_ topic: String) {
        var prompts: Set<String> = []
        for posed in problems(topic, seeds: 1...30) {
            let exercise = posed.exercise
            let isWorthwhile = exercise.isWorthwhile
            #expect(isWorthwhile, "\(posed.reference.path)")
            #expect(exercise.script.lines.reduce(0) { $0 + $1.count } < 100)
            #expect(exercise.views.reduce(0) { $0 + $1.lines.count } <= 30)
            #expect(exercise.script.calls.count <= 16)
            #expect(exercise.views.allSatisfy { $0.lines.allSatisfy { $0.utf8.count <= 80 } })
            #expect(Set(exercise.parts.map { "\($0.field)" }).count == exercise.parts.count)
            prompts.insert(posed.sheet.split(separator: "\n").dropFirst().joined())
        }
        #expect(prompts.count > 60)
    }

    /// Every mistake that is known by name comes up, costs credit and is told.
    @Test func mistakes_areToldByName_andCostCredit() {
        var seen: Set<ExerciseMistake> = []
        for topic in topics {
            for posed in problems(topic, seeds: 1...60) {
                let parts = posed.exercise.parts
                for (index, part) in parts.enumerated() {
                    for trap in part.traps {
                        var answers = parts.map { Optional($0.right) }
                        answers[index] = trap.value
                        let mark = ExerciseMark(posed.exercise, answers)
                        #expect(mark.thousandths < 1_000 && !mark.isRight)
                        let told = part.traps.first { $0.value == trap.value }?.mistake
                        #expect(mark.parts[index].mistake == told)
                        #expect(mark.parts[index].feedback == told?.sentence)
                        if let told { seen.insert(told) }
                    }
                }
            }
        }
        let missing = Set(ExerciseMistake.allCases).subtracting(seen)
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test func random_isSplitMix64() {
        var random = ExerciseRandom(state: 1_234_567)
        let first = (0..<5).map { _ in random.next() }
        #expect(
            first == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func credit_ofCountsAndSets_isTheirShare() {
        func score(_ form: AnswerForm, _ right: AnswerValue, _ answer: AnswerValue) -> UInt64 {
            var exercise = book.pose(
                ExerciseReference(topic: "leaks", seed: 1, level: 1))!.exercise
            exercise.parts = [ExercisePart("part", "?", form, right, why: "")]
            return ExerciseMark(exercise, [answer]).thousandths
        }
        let counts = AnswerForm.counts(before: [1, 2, 3, 4])
        let right = AnswerValue.numbers([1, 1, 4, 5])
        #expect(score(counts, right, .numbers([1, 2, 3, 4])) == 0)
        #expect(score(counts, right, .numbers([1, 1, 3, 4])) == 333)
        #expect(score(counts, right, .numbers([1, 1, 4, 5])) == 1_000)
        #expect(score(counts, right, .numbers([9, 1, 4, 5])) == 750)
        let words = AnswerForm.selection(["a", "b", "c", "d"])
        #expect(score(words, .words(["a", "b"]), .words(["b"])) == 500)
        #expect(score(words, .words(["a", "b"]), .words(["b", "a"])) == 1_000)
        #expect(score(words, .words(["a", "b"]), .words(["a", "b", "c"])) == 500)
        #expect(score(words, .words(["a"]), .words(["c", "d", "a"])) == 0)
        #expect(score(words, .words([]), .words(["c"])) == 0)
        #expect(score(words, .words([]), .words([])) == 1_000)
    }
}

@Suite struct ExerciseRouteTests {
    private let client = TestClient(MemoryService(description: testDescription).router())

    private func rightAnswer(_ target: String) throws -> String {
        let text = try client.post(target, "{}").text
        let start = try #require(text.firstRange(of: #""solution":{"answer":"#)?.upperBound)
        let end = try #require(text[start...].firstRange(of: #","text":["#)?.lowerBound)
        return String(text[start..<end])
    }

    @Test(arguments: topics)
    func route_posesAndMarks_theSameProblem(_ topic: String) throws {
        for level in ExerciseReference.levels {
            let target = "/exercises/\(topic)?seed=\(level * 11)&level=\(level)"
            let problem = try client.get(target)
            #expect(problem.status == 200)
            #expect(try client.get(target).text == problem.text)
            #expect(problem.json["links"]["answer"].string == target)
            let keys = ["\"expected\"", "\"solution\"", "\"why\"", "\"right\""]
            #expect(keys.allSatisfy { !problem.text.contains($0) })
            let empty = try client.post(target, "{}")
            #expect(empty.json["score"].number == 0 && empty.json["right"] == .bool(false))
            let right = try client.post(target, try rightAnswer(target))
            #expect(right.json["score"].number == 1 && right.json["right"] == .bool(true))
            #expect(right.json["parts"].array.count == problem.json["parts"].array.count)
            for (asked, marked) in zip(problem.json["parts"].array, right.json["parts"].array) {
                #expect(asked["field"] == marked["field"])
                let schema = JSONSchema(document: .null)
                #expect(schema.faults(marked["expected"], asked["schema"]) == [])
            }
        }
    }

    @Test func sheet_isText_withoutTheAnswer() throws {
        let target = "/exercises/may-sleep?seed=3&level=2"
        let sheet = try client.get(target + "&format=text")
        #expect(sheet.response.header("Content-Type") == "text/plain")
        #expect(try client.get(target, headers: [("Accept", "text/plain")]).text == sheet.text)
        #expect(!sheet.text.contains("Expected"))
        let mark = try client.post(target + "&format=text", #"{"lines":[]}"#)
        #expect(mark.text.contains("Score: 0.000") && mark.text.contains("Expected"))
        #expect(try client.get(target + "&format=pdf").problem == "invalid-query")
        #expect(try client.get(target, headers: [("Accept", "image/png")]).status == 406)
    }

    @Test func list_hasEveryTopic_andLinks() throws {
        let listed = try client.get("/exercises").json["topics"].array
        #expect(listed.compactMap { $0["topic"].string } == topics)
        for topic in listed {
            #expect(try client.get(topic["href"].string ?? "").json["seed"].int == 1)
        }
    }

    @Test func request_thatIsWrong_isRefused() throws {
        let path = "/exercises/merge"
        #expect(try client.get("/exercises/merg").problem == "not-found")
        #expect(try client.get("/exercises/merg").json["suggestions"][0].string == "merge")
        for query in ["seed=-1", "seed=9007199254740992", "seed=x", "level=0", "level=4", "sed=1"] {
            #expect(try client.get("\(path)?\(query)").problem == "invalid-query", "\(query)")
            #expect(try client.post("\(path)?\(query)", "{}").problem == "invalid-query")
        }
        #expect(
            try client.get("\(path)?seed=9007199254740991").json["links"]["next"].string
                == "/exercises/merge?seed=0&level=1")
        #expect(try client.send("DELETE", path).status == 405)
    }

    /// Answers of a wrong form, and the field that is named.
    @Test func answer_ofWrongForm_isRefusedWithItsField() throws {
        let wrong: [(String, String, String)] = [
            ("merge", #"{"buddy_pfn":"x"}"#, "#/buddy_pfn"),
            ("merge", #"{"merges":-1}"#, "#/merges"),
            ("merge", #"{"merges":11}"#, "#/merges"), ("merge", #"{"merges":1.5}"#, "#/merges"),
            ("merge", #"{"merges":null}"#, "#/merges"), ("merge", "[]", "#"), ("merge", "7", "#"),
            ("merge", #"{"merges":1,"merges":1}"#, "#/merges"),
            ("free-lists", #"{"nr_free":[1,2]}"#, "#/nr_free"),
            ("free-lists", #"{"nr_free":7}"#, "#/nr_free"),
            ("free-lists", #"{"nr_free":[0,0,0,0,0,0,0,0,0,0,"a"]}"#, "#/nr_free"),
            ("size-class", #"{"cache":"kmalloc-65"}"#, "#/cache"),
            ("translation", #"{"physical_address":"12"}"#, "#/physical_address"),
            ("translation", #"{"physical_address":"0x"}"#, "#/physical_address"),
            ("wrong-free", #"{"owners":["q"]}"#, "#/owners"),
            ("wrong-free", #"{"owners":["a","a"]}"#, "#/owners"),
            ("leaks", #"{"lines":[0]}"#, "#/lines"), ("leaks", #"{"lines":[99]}"#, "#/lines"),
        ]
        for (topic, body, pointer) in wrong {
            let reply = try client.post("/exercises/\(topic)?seed=4", body)
            #expect(
                reply.status == 422 && reply.problem == "invalid-field", "\(body): \(reply.text)")
            #expect(reply.json["errors"][0]["pointer"].string == pointer)
        }
        let unknown = try client.post("/exercises/merge", #"{"buddy_pf":1}"#)
        #expect(unknown.problem == "unknown-field" && unknown.json["suggestions"] != .null)
        #expect(try client.post("/exercises/merge", "").status == 400)
        #expect(try client.post("/exercises/merge", "{").status == 400)
        let xml = [("Content-Type", "application/xml")]
        #expect(try client.post("/exercises/merge", "{}", headers: xml).status == 415)
    }

    @Test func address_isANumber_orAText() throws {
        let target = "/exercises/translation?seed=8&level=2"
        let right = try client.post(target, "{}").json["solution"]["answer"]["physical_address"]
        let text = try #require(right.string)
        let number = try #require(UInt64(text.dropFirst(2), radix: 16))
        for value in ["\"\(text)\"", "\"0x000\(text.dropFirst(2).uppercased())\"", "\(number)"] {
            let mark = try client.post(target, "{\"physical_address\":\(value)}").json
            let part = mark["parts"].array.first { $0["field"].string == "physical_address" }
            #expect(part?["score"].number == 1, "\(value)")
        }
    }

    /// No body, however odd, is answered with anything but a mark or a problem.
    @Test func answer_ofAnyForm_isAnsweredCalmly() throws {
        var random = ExerciseRandom(state: 5)
        let fields = [
            "lines", "nr_free", "cache", "x", "physical_address", "pfn", "owners", "\\u0000",
        ]
        let values = [
            "null", "true", "-1", "1e400", "18446744073709551616", "18446744073709551615", "[]",
            "{}",
            "[[]]", "\"\"", "\"0xffffffffffffffffff\"", "\"\\ud800\"", "[1,1]", "[\"a\"]", "0.5",
            "[" + String(repeating: "1,", count: 200) + "1]",
        ]
        for _ in 0..<300 {
            let members = (0..<random.number(0...3)).map { _ in
                "\"\(random.pick(fields))\":\(random.pick(values))"
            }
            let target = "/exercises/\(random.pick(topics))?seed=\(random.number(0...9))"
            let request = SyntheticRequest(
                "POST", target, headers: [("Content-Type", "application/json")],
                body: Array("{\(members.joined(separator: ","))}".utf8))
            let status = client.router.respond(to: request).status
            #expect([200, 400, 422].contains(status), "\(target) \(members): \(status)")
        }
    }

    /// The calls of `try_it` make in a session what the problem is about.
    @Test(arguments: topics)
    func tryIt_inASession_runsToTheEnd(_ topic: String) throws {
        let target = "/exercises/\(topic)?seed=2&level=3"
        let text = try client.get(target).text
        func member(_ name: String, before next: String) throws -> String {
            let start = try #require(text.firstRange(of: name)?.upperBound)
            let end = try #require(text[start...].firstRange(of: next)?.lowerBound)
            return String(text[start..<end])
        }
        let start = try client.post("/sessions", try member(#""session":"#, before: #","calls":["#))
        var student = client
        student.token = start.json["token"].string
        let body = String(try member(#""try_it":"#, before: #"},"links""#))
        let list = try #require(body.firstRange(of: #""calls":"#)?.upperBound)
        let results = try student.post("/calls", String(body[list...])).json.array
        #expect(!results.isEmpty && results.allSatisfy { $0["halted"] == .null })
        let answer = try client.post(target, "{}").json["solution"]["answer"]
        if topic == "free-lists" {
            let line = try student.get("/proc/buddyinfo").text.split(separator: "\n")[1]
            let counts = line.split(separator: " ").compactMap { Int($0) }
            #expect(counts == answer["nr_free"].array.compactMap(\.int))
        }
        if topic == "leaks" {
            let leaks = try student.get("/report").json["leaks"].array
            let steps = leaks.compactMap { $0["id"].int }
            #expect(Set(steps) == Set(answer["lines"].array.compactMap(\.int)))
        }
        if topic == "may-sleep" {
            let bugs = try student.get("/report").json["misuse"].array.compactMap { $0["step"].int }
            #expect(bugs.map { $0 - 3 } == answer["lines"].array.compactMap(\.int))
        }
    }

    /// One problem and its solution of each topic, byte by byte: what a seed means never changes.
    @Test(arguments: topics)
    func problem_ofASeed_staysTheSame(_ topic: String) throws {
        let set = ExerciseSet()
        let request = ExerciseSet.Request(topic: topic, seed: 1, level: 3, isText: true)
        let folder = repositoryRoot + "/Tests/MemoryAPITests/Fixtures/exercises/"
        let report = try set.mark(request, answer: Array("{}".utf8)).report
        let text = String(
            decoding: try set.problem(request) + Array("\n".utf8) + report, as: UTF8.self)
        #expect(text == readText(folder + topic + ".txt"))
    }
}
