using System.Globalization;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Which recipients an act concerns; at least one condition, joined by and.</summary>
/// <param name="State">Words such as <c>deferred,held</c>.</param>
/// <param name="OlderThan">Accepted before this time.</param>
/// <param name="Reply">Text contained in the last reply.</param>
/// <param name="Reason">What events say of a bounce.</param>
/// <param name="To">For a rebind: <c>rule:NAME</c>, <c>route:NAME</c>, <c>pool:NAME</c>, or <c>domain</c> for the ordinary way.</param>
internal sealed record CriteriaRequest(
    string? MessageId,
    long? RecipientId,
    string? QueueKey,
    string? SenderDomain,
    bool All = false,
    string? State = null,
    long? Account = null,
    string? Tag = null,
    string? Stream = null,
    DateTimeOffset? OlderThan = null,
    string? Reply = null,
    string? Reason = null,
    string? To = null)
{
    public bool TryRead(string actor, out QueueCriteria criteria, out string error)
    {
        criteria = new QueueCriteria { Actor = actor };
        QueueId id = default;
        IReadOnlyList<RecipientState> states = [];
        IReadOnlyList<MailStream> streams = [];
        error = MessageId is not null && !QueueId.TryParse(MessageId, out id) ? $"messageId: '{MessageId}' is not a queue id (26 letters and digits)"
            : State is not null && !Words.TryParseList(State, out states, out var badState) ? "state: " + badState
            : states.Any(s => s.IsFinal() || s == RecipientState.Leased) ? "state: acts concern scheduled, ready, deferred and held recipients"
            : Stream is not null && (!Words.TryParseList(Stream, out streams, out _) || streams.Count != 1) ? "stream: transactional or broadcast"
            : Reply is { Length: > 200 } or { Length: 0 } ? "reply: 1 to 200 characters"
            : string.Empty;
        if (error.Length > 0)
        {
            return false;
        }

        criteria = new QueueCriteria
        {
            MessageId = MessageId is null ? null : id,
            RecipientId = RecipientId,
            QueueKey = QueueKey,
            SenderDomain = SenderDomain,
            All = All,
            States = states.Count == 0 ? null : states,
            AccountId = Account,
            Tag = Tag,
            Stream = streams.Count == 0 ? null : streams[0],
            AcceptedBefore = OlderThan,
            Reply = Reply,
            Reason = Reason,
            Rebind = To,
            Actor = actor,
        };
        if (criteria.HasCondition)
        {
            return true;
        }

        error = "name at least one of messageId, recipientId, queueKey, senderDomain, state, account, tag, stream, olderThan, reply, or all: true";
        return false;
    }

    public string Describe() =>
        string.Join(' ', new[]
        {
            MessageId is null ? null : "message " + MessageId,
            RecipientId is null ? null : string.Create(CultureInfo.InvariantCulture, $"recipient {RecipientId}"),
            QueueKey is null ? null : "key " + QueueKey,
            SenderDomain is null ? null : "sender domain " + SenderDomain,
            State is null ? null : "state " + State,
            Account is null ? null : string.Create(CultureInfo.InvariantCulture, $"account {Account}"),
            Tag is null ? null : "tag " + Tag,
            Stream is null ? null : "stream " + Stream,
            OlderThan is null ? null : string.Create(CultureInfo.InvariantCulture, $"older than {OlderThan:O}"),
            Reply is null ? null : "reply " + Reply,
            To is null ? null : "to " + To,
            All ? "all" : null,
        }.Where(part => part is not null));
}
