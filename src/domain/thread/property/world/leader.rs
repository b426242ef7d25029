//! What a replica does, from the objects that it has seen.

use super::*;

impl World {
    /// The leader works until nothing is left to do.
    pub(super) fn lead(&mut self) {
        for round in 0.. {
            assert!(round < 60, "the work comes to an end");
            self.views[self.leader] = (self.now, self.stored.clone());
            match self.work(self.leader) {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stopped) => self.crash_in = None,
            }
        }
        self.check_now();
    }

    fn step(&mut self, replica: usize) -> Result<(), Stopped> {
        match &mut self.crash_in {
            _ if replica != self.leader => Ok(()),
            Some(0) => Err(Stopped),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What a replica does from what it saw. True where it found something to do.
    pub(super) fn work(&mut self, replica: usize) -> Result<bool, Stopped> {
        let (at, view) = self.views[replica].clone();
        let mut is_busy = self.tell(replica, &view, at)?;
        for name in view.threads.keys() {
            is_busy |= self.keep(replica, &view, at, name)?;
        }
        Ok(is_busy)
    }

    fn plan(&self, view: &State, at: Timestamp) -> Plan {
        let status = &view.finding.1;
        let thread = status.thread.as_ref().and_then(|thread| view.threads.get(thread)).map(|(_, thread)| thread);
        let told = status.thread.as_ref().map(|thread| view.told(thread)).unwrap_or_default();
        let case = Case { finding: &self.name, status, thread, told: &told, limits: &self.limits };
        let silences = if self.silenced { vec!["s".to_string()] } else { Vec::new() };
        let holds = || Holds { failing_dependencies: Vec::new(), silences: silences.clone() };
        let after = Some(SignedDuration::from_mins(15));
        plan(&case, &Escalating { after, is_told_once: false, holds: &holds }, at)
    }

    fn tell(&mut self, replica: usize, view: &State, at: Timestamp) -> Result<bool, Stopped> {
        let plan = self.plan(view, at);
        let mut made = plan.thread.clone();
        if plan.make {
            self.step(replica)?;
            let spec = ThreadSpec {
                subject: "s".into(),
                agent: "pulso".into(),
                finding: Some(self.name.clone()),
                conversation: None,
                participants: Vec::new(),
                closed: false,
            };
            let mut thread = Thread::new(&plan.thread, spec);
            thread.metadata.creation_timestamp = Some(Time(self.now));
            let is_it = |other: &Thread| other.spec.finding == thread.spec.finding;
            let Some(name) = free_or_its_own(&self.stored.threads, &plan.thread, is_it) else { return Ok(false) };
            thread.metadata.name = Some(name.clone());
            self.stored.threads.entry(name.clone()).or_insert((1, thread));
            made = name;
        }
        if plan.refer || made != plan.thread {
            self.step(replica)?;
            let (version, status) = &mut self.stored.finding;
            if (&status.thread, &status.opened_at) != (&view.finding.1.thread, &view.finding.1.opened_at) {
                return Err(Stopped);
            }
            (*version, status.thread) = (*version + 1, Some(made.clone()));
        }
        if made != plan.thread {
            return Ok(true);
        }
        let (name, spec) = (self.name.clone(), self.spec.clone());
        let style = Style { language: Language::English, zone: TimeZone::UTC };
        let facts =
            Facts { finding: &name, spec: &spec, status: &view.finding.1, page: None, group: None, silences: &[] };
        for one in &plan.tell {
            self.step(replica)?;
            let spec =
                message(one, &plan.thread, &Voices { acting: "pulso".into(), ..Voices::default() }, &facts, &style);
            let mut object = Message::new(&one.name, spec);
            object.metadata.annotations = Some([(RECORDED_BY.into(), RECORDED_BY_OPERATOR.into())].into());
            object.metadata.creation_timestamp = Some(Time(self.now));
            let is_it = |other: &Message| is_own(other) && other.spec.reason == object.spec.reason;
            if let Some(name) = free_or_its_own(&self.stored.messages, &one.name, is_it) {
                object.metadata.name = Some(name.clone());
                self.stored.messages.entry(name).or_insert((1, object));
            }
        }
        Ok(!plan.is_empty())
    }

    fn keep(&mut self, replica: usize, view: &State, at: Timestamp, name: &str) -> Result<bool, Stopped> {
        let (version, thread) = &view.threads[name];
        let told = view.told(name);
        let subject = if thread.spec.finding.is_some() { Subject::Finding(&view.finding.1) } else { Subject::None };
        let surroundings = Surroundings { thread, subject, told: &told, now: at };
        let todo = upkeep(&surroundings, &self.limits, &HashMap::new(), |_| None);
        let mut version = *version;
        if let Some(status) = &todo.thread {
            self.step(replica)?;
            version = self.write_thread(name, version, |thread| thread.status = Some(status.clone()))?;
        }
        for (message, status) in &todo.messages {
            self.step(replica)?;
            let name = message.metadata.name.as_ref().unwrap();
            self.write_message(name, view.messages[name].0, status);
        }
        if todo.closing == Closing::Now {
            self.step(replica)?;
            self.write_thread(name, version, |thread| thread.spec.closed = true)?;
        }
        Ok(!todo.is_empty())
    }

    fn write_thread(&mut self, name: &str, version: u64, change: impl FnOnce(&mut Thread)) -> Result<u64, Stopped> {
        let Some((stored, thread)) = self.stored.threads.get_mut(name).filter(|(stored, _)| *stored == version) else {
            return Err(Stopped);
        };
        let last = |thread: &Thread| thread.status.as_ref().and_then(|status| status.last_sequence);
        let before = last(thread);
        change(thread);
        check_reserved(before, last(thread));
        *stored += 1;
        Ok(*stored)
    }

    fn write_message(&mut self, name: &str, version: u64, status: &MessageStatus) {
        let Some((stored, message)) = self.stored.messages.get_mut(name).filter(|(stored, _)| *stored == version)
        else {
            return;
        };
        let before = message.status.clone().unwrap_or_default();
        assert!(before.sequence.is_none_or(|sequence| status.sequence == Some(sequence)), "a place does not change");
        let is_final = matches!(before.phase, Some(MessagePhase::Acknowledged | MessagePhase::Archived));
        let is_final = is_final && !self.tampered.contains(&name.to_string());
        assert!(!is_final || status.phase == before.phase, "{name}: what is settled stays so");
        message.status = Some(status.clone());
        *stored += 1;
    }
}
