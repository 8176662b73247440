using Relay.Mail;

namespace Relay.Queue;

/// <summary>What the intake knows of one message between reading its header and handing its tasks over. Disposing gives back unused room.</summary>
internal sealed class IntakeEntry(IncomingMessage incoming, QueuedMessage message, byte[] prefix, IReadOnlyList<VariantPlan> variants) : IDisposable
{
    public QueuedMessage Message { get; } = message;

    public Submission Submission => incoming.Submission;

    public MessageDraft Draft(IReadOnlyDictionary<IncomingContent, SpooledContent> spooled)
    {
        // The shared content stands in the draft in any case; it is stored only when a variant sends it.
        var shared = spooled[incoming.Content];
        return new MessageDraft
        {
            Message = Message,
            Content = shared,
            Variants = [.. variants.Select(variant => new VariantDraft
            {
                Content = variant.Content == incoming.Content ? null : spooled[variant.Content],
                Prefix = prefix,
                Recipients = variant.Plan.Recipients,
            })],
            Events = [.. variants.SelectMany(variant => variant.Plan.Events)],
        };
    }

    /// <summary>Hands a durable task to delivery; it uses up the reservation of its variant.</summary>
    public void HandOver(DeliveryTask task)
    {
        var variant = variants.Count == 1 ? variants[0] : variants.First(variant => variant.Holds(task.Recipients[0].Address));
        variant.Plan.HandOver(task);
    }

    public void Dispose()
    {
        foreach (var variant in variants)
        {
            variant.Plan.Dispose();
        }
    }
}

/// <summary>A content and how its recipients start.</summary>
internal sealed record VariantPlan(IncomingContent Content, RecipientPlan Plan)
{
    public bool Holds(Mailbox address) => Plan.Recipients.Any(recipient => recipient.Address.Equals(address));
}
