using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Tells what receivers find in DNS about mail from a domain; remembers it for a while. Thread safe.</summary>
public interface IDomainChecker
{
    /// <param name="isFresh">Look now, whatever is remembered.</param>
    ValueTask<DomainFacts> CheckAsync(DomainQuestion question, bool isFresh, CancellationToken cancellationToken);
}

/// <param name="From">Domain of From.</param>
/// <param name="Envelope">Of the envelope sender, as the client gave it.</param>
public sealed record DomainQuestion(long AccountId, DomainName From, DomainName Envelope)
{
    /// <returns>Null for a message without a domain in From.</returns>
    public static DomainQuestion? Of(QueuedMessage message) =>
        message.FromDomain is { } text && DomainName.TryParse(text, out var from)
            ? new DomainQuestion(message.AccountId, from, message.ReversePath.Mailbox?.Domain ?? from)
            : null;
}

/// <param name="Envelope">Of the envelope sender as it goes out.</param>
/// <param name="Findings">Rules that are broken for sure.</param>
/// <param name="Unknown">What DNS did not answer.</param>
/// <param name="Good">What is in order.</param>
public sealed record DomainFacts(
    DomainName From, DomainName Envelope, DateTimeOffset At, IReadOnlyList<ComplianceFinding> Findings, IReadOnlyList<string> Unknown, IReadOnlyList<string> Good);
