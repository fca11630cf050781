/// Who is subscribed: from SUBACK to UNSUBSCRIBE for sure, from SUBSCRIBE to UNSUBACK perhaps.
extension Model {
    /// When it was asked for, which the answer has to be told with.
    func subscribes(_ session: Session, to filter: String) -> Moment {
        let now = now()
        if !session.subscriptions.contains(where: { $0.filter == filter && $0.given == nil }) {
            session.subscriptions.append(Session.Subscription(filter, requested: now))
        }
        return now
    }

    /// One that is replaced goes on: nothing may be lost by that (§3.8.4).
    func subscribed(_ session: Session, to filter: String, asked: Moment) {
        let now = now()
        for subscription in session.subscriptions where subscription.filter == filter && subscription.requested <= asked {
            if subscription.given.map({ $0 < asked }) ?? false {
                subscription.ended = subscription.ended ?? now
            } else {
                subscription.granted = subscription.granted ?? now
            }
        }
    }

    func unsubscribes(_ session: Session, from filter: String) -> Moment {
        let now = now()
        for subscription in session.subscriptions where subscription.filter == filter { subscription.given = subscription.given ?? now }
        // Nobody is told when a Will is published: it may be after this.
        for (flow, owed) in session.owed where owed.contains(where: { $0.will != nil }) && matches(filter, flow.topic) {
            session.owed[flow] = nil
        }
        return now
    }

    func unsubscribed(_ session: Session, from filter: String, asked: Moment) {
        let now = now()
        for subscription in session.subscriptions where subscription.filter == filter && subscription.given.map({ $0 <= asked }) ?? false {
            subscription.ended = subscription.ended ?? now
        }
    }
}
