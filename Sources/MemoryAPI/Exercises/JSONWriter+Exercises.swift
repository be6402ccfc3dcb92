import KernelMemory
import MicroHTTPD

/// Problems and marks as JSON.
extension JSONWriter {
    /// Writes what a topic is.
    mutating func topic(_ topic: any ExerciseTopic.Type) {
        member("topic", topic.id)
        member("title", topic.title)
        member("summary", topic.summary)
        member("href", "/exercises/\(topic.id)")
        array("levels") { json in ExerciseReference.levels.forEach { json.number($0) } }
    }

    /// Writes the members of a problem, without its answer.
    mutating func exercise(_ posed: PosedExercise) {
        let exercise = posed.exercise
        reference(posed)
        member("prompt", exercise.prompt)
        member("machine", exercise.script.kind.sentence)
        array("given") { json in
            for view in exercise.views { json.object { $0.view(view) } }
        }
        array("calls_before") { json in
            for line in exercise.script.setup { json.text(line.source) }
        }
        array("calls") { json in for line in exercise.script.calls { json.text(line.source) } }
        array("parts") { json in for part in exercise.parts { json.object { $0.part(part) } } }
        member("credit", PosedExercise.creditRules)
        array("hints") { json in exercise.hints.forEach { json.text($0) } }
        object("try_it") { json in json.tryIt(exercise.script) }
        object("links") { json in json.links(posed.reference) }
    }

    /// Writes which problem it is.
    private mutating func reference(_ posed: PosedExercise) {
        member("topic", posed.topic.id)
        member("title", posed.topic.title)
        member("seed", posed.reference.seed)
        member("level", posed.reference.level)
    }

    private mutating func links(_ reference: ExerciseReference) {
        member("answer", reference.path)
        member("next", reference.next.path)
        key("harder")
        if reference.level < ExerciseReference.levels.upperBound {
            text(
                ExerciseReference(
                    topic: reference.topic, seed: reference.seed, level: reference.level + 1
                ).path)
        } else {
            null()
        }
    }

    private mutating func view(_ view: Exercise.View) {
        member("title", view.title)
        array("lines") { json in view.lines.forEach { json.text($0) } }
    }

    private mutating func part(_ part: ExercisePart) {
        member("field", part.field.description)
        member("question", part.question)
        member("wanted", part.form.wanted)
        object("schema") { json in json.schema(part.form) }
        member("weight", part.weight)
    }

    /// Writes the bodies of requests that make the calls in a session.
    private mutating func tryIt(_ script: ExerciseScript) {
        object("session") { json in
            json.member("machine", script.kind.kind.rawValue)
            if script.kind.slab != .slub { json.member("slab", script.kind.slab.rawValue) }
        }
        array("calls") { json in
            for line in script.lines {
                for _ in 0..<line.count { json.object { $0.call(line) } }
            }
        }
    }

    private mutating func call(_ line: ExerciseScript.Line) {
        member("call", line.text)
        if let name = line.name { member("as", name) }
    }
}

extension JSONWriter {
    /// Writes the members of a mark, with the answer.
    mutating func mark(_ mark: ExerciseMark, _ posed: PosedExercise) {
        reference(posed)
        key("score")
        thousandths(mark.thousandths)
        member("right", mark.isRight)
        array("parts") { json in for part in mark.parts { json.object { $0.mark(part) } } }
        object("solution") { json in json.solution(posed) }
        object("links") { json in json.links(posed.reference) }
    }

    private mutating func mark(_ mark: ExerciseMark.Part) {
        member("field", mark.part.field.description)
        member("weight", mark.part.weight)
        key("score")
        thousandths(mark.thousandths)
        key("answer")
        if let answer = mark.answer { self.answer(answer) } else { null() }
        key("expected")
        answer(mark.part.right)
        member("mistake", orNull: mark.mistake?.rawValue)
        member("feedback", mark.feedback)
        member("why", mark.part.why)
    }

    private mutating func solution(_ posed: PosedExercise) {
        let exercise = posed.exercise
        object("answer") { json in
            for (field, value) in exercise.rightAnswer {
                json.key(field)
                json.answer(value)
            }
        }
        array("text") { json in exercise.solution.forEach { json.text($0) } }
        array("calls") { json in
            for line in exercise.script.calls { json.object { $0.explained(line, posed) } }
        }
    }

    private mutating func explained(_ line: ExerciseScript.Line, _ posed: PosedExercise) {
        member("call", line.source)
        array("why") { json in posed.sentences(line).forEach { json.text($0) } }
    }
}
