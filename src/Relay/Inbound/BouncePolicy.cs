using Relay.Mail;
using Relay.Queue;

namespace Relay;

/// <summary>Which recipients are addresses for reports about our own mail: those anybody may write to.</summary>
/// <remarks>Return paths that we signed and that have not expired, so that nobody can send made-up bounces; and the addresses the operator names.</remarks>
internal sealed class BouncePolicy(ReturnPathCodec codec, IReadOnlyList<Mailbox> addresses, TimeProvider time) : IOwnMail
{
    public bool IsOurs(Mailbox recipient) =>
        addresses.Contains(recipient) || (codec.Decode(recipient.LocalPart) is { } token && !token.IsOver(time.GetUtcNow()));
}
