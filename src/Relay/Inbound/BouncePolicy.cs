using Relay.Mail;
using Relay.Queue;

namespace Relay;

/// <summary>Which recipients are addresses for reports about our own mail: those anybody may write to.</summary>
/// <remarks>
/// Return paths that we signed and that have not expired, so that nobody can send made-up bounces; and the addresses the operator names. Other addresses at
/// our bounce hosts are nobody's: a smarthost would only send the mail back to us.
/// </remarks>
internal sealed class BouncePolicy(ReturnPathCodec codec, IReadOnlyList<Mailbox> addresses, IBounceHosts hosts, TimeProvider time) : IOwnMail
{
    private static readonly SmtpReply NoReturnPath = SmtpReply.Of(550, "5.1.1", "there is no such address for reports here, or its time is over");

    public bool IsOurs(Mailbox recipient) =>
        addresses.Contains(recipient) || (codec.Decode(recipient.LocalPart) is { } token && !token.IsOver(time.GetUtcNow()));

    public async ValueTask<SmtpReply?> RefuseAsync(Mailbox recipient, CancellationToken cancellationToken) =>
        recipient.Domain is { } domain && await hosts.IsOursAsync(domain, cancellationToken) ? NoReturnPath : null;
}
