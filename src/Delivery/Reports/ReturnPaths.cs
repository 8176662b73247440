using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What stands in MAIL: a signed return path of our own where the sender's domain has a bounce host, so that reports come to us and SPF aligns; else what the client said.</summary>
internal sealed class ReturnPaths(IBounceHosts hosts, ReturnPathCodec codec, DeliveryOptions options)
{
    /// <summary>Reports come late: a host may try for days and then take its time.</summary>
    private static readonly TimeSpan LifeAfterExpiry = TimeSpan.FromDays(14);

    public async ValueTask<ReversePath> ForAsync(DeliveryTask task, CancellationToken cancellationToken)
    {
        var message = task.Message;
        var original = task.Variant.ReturnPath is { } own && Mailbox.TryParse(own, out var mailbox) ? new ReversePath(mailbox) : message.ReversePath;

        // A null reverse-path stays null: nobody is to be told (RFC 5321 §4.5.5).
        if (!options.UseReturnPaths || original.IsNull || message.Door == Door.Internal || message.FromDomain is not { } domain)
        {
            return original;
        }

        var host = await hosts.FindAsync(message.AccountId, domain, cancellationToken);
        return host is not null && Mailbox.TryParse($"{codec.Encode(message.Id, task.Variant.Id, message.ExpiresAt + LifeAfterExpiry)}@{host}", out var signed)
            ? new ReversePath(signed)
            : original;
    }
}
