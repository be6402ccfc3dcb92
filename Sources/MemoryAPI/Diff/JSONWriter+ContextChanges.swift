import KernelMemory

/// What changed of mappings and CPUs, and what was said about it.
extension JSONWriter {
    /// Writes `kmap` and `kmap_atomic`: mappings that were made and given up.
    mutating func mappingChanges(_ diff: SessionDiff) {
        let (before, after) = (diff.before.machine, diff.after.machine)
        let uses = ListChange(before.kmapUses, after.kmapUses) { $0 }
        object("kmap") { json in
            json.change("used", before.kmapPoolUse.usedCount, after.kmapPoolUse.usedCount)
            json.change("uses", before.kmapUses.count, after.kmapUses.count)
            json.bounded("made", truncated: "made_truncated", uses.added) {
                $0.kmapUse($1, diff.after)
            }
            json.bounded("given_up", truncated: "given_up_truncated", uses.removed) {
                $0.kmapUse($1, diff.before)
            }
        }
        let mappings = ListChange(before.temporaryMappings, after.temporaryMappings) { $0 }
        object("kmap_atomic") { json in
            json.change(
                "mappings", before.temporaryMappings.count, after.temporaryMappings.count)
            json.bounded("made", truncated: "made_truncated", mappings.added) {
                $0.mapping($1, diff.after)
            }
            json.bounded("given_up", truncated: "given_up_truncated", mappings.removed) {
                $0.mapping($1, diff.before)
            }
        }
    }

    /// Writes `context`: the CPU that calls run on, who sleeps, and of each CPU that changed what did.
    mutating func contextChanges(_ diff: SessionDiff) {
        let (before, after) = (diff.before.machine.contexts, diff.after.machine.contexts)
        object("context") { json in
            json.change("cpu", diff.before.machine.currentCPU, diff.after.machine.currentCPU)
            json.change("waiting", before.waiting.count, after.waiting.count)
            json.array("cpus") { json in
                for cpu in after.cpus.indices where before.cpus[cpu] != after.cpus[cpu] {
                    json.object { json in
                        json.member("cpu", cpu)
                        json.changedMembers(before.tree(cpu), after.tree(cpu))
                    }
                }
            }
        }
    }

    /// Writes `log` and `misuse`: what came, or is gone for one who looks back.
    mutating func noteChanges(_ diff: SessionDiff) {
        let (before, after) = (diff.before, diff.after)
        object("log") { json in
            let came = after.machine.log.drop { $0.step <= before.step }
            json.bounded("came", truncated: "came_truncated", came) { $0.logLine($1) }
            let gone = before.machine.log.drop { $0.step <= after.step }
            json.bounded("gone", truncated: "gone_truncated", gone) { $0.logLine($1) }
        }
        object("misuse") { json in
            json.change("count", before.machine.misuseCount, after.machine.misuseCount)
            let came = after.machine.misuses.drop { $0.step <= before.step }
            json.bounded("came", truncated: "came_truncated", came) { $0.misuseCode($1) }
            let gone = before.machine.misuses.drop { $0.step <= after.step }
            json.bounded("gone", truncated: "gone_truncated", gone) { $0.misuseCode($1) }
        }
    }

    private mutating func logLine(_ line: LogLine) {
        member("step", line.step)
        member("text", line.text)
    }

    private mutating func misuseCode(_ misuse: Misuse) {
        member("step", misuse.step)
        member("code", misuse.code.rawValue)
        member("noticed_by_kernel", misuse.noticedByKernel)
    }
}

extension ContextsSnapshot {
    /// What `GET /context` says of a CPU.
    fileprivate func tree(_ cpu: Int) -> JSONTree {
        JSONTree(expecting: JSONWriter.usualSize) { json in
            json.object { $0.context(self, cpu: cpu) }
        }
    }
}
