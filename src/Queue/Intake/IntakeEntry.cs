using Relay.Mail;

namespace Relay.Queue;

/// <summary>What the intake knows of one message between reading its header and handing its tasks over. Disposing gives back unused room.</summary>
/// <param name="prefix">What is prepended to the content of a variant.</param>
internal sealed class IntakeEntry(IncomingMessage incoming, QueuedMessage message, Func<VariantPlan, byte[]> prefix, IReadOnlyList<VariantPlan> variants) : IDisposable
{
    private Dictionary<Mailbox, VariantPlan>? _byRecipient;

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
                Prefix = prefix(variant),
                Recipients = variant.Plan.Recipients,
            })],
            Events = [.. variants.SelectMany(variant => variant.Plan.Events)],
        };
    }

    /// <summary>Hands a durable task to delivery; it uses up the reservation of its variant.</summary>
    public void HandOver(DeliveryTask task)
    {
        var variant = variants.Count == 1 ? variants[0] : ByRecipient()[task.Recipients[0].Address];
        variant.Plan.HandOver(task);
    }

    // No address stands in two variants: they are made of groups of addresses.
    private Dictionary<Mailbox, VariantPlan> ByRecipient()
    {
        if (_byRecipient is null)
        {
            _byRecipient = [];
            foreach (var variant in variants)
            {
                foreach (var recipient in variant.Plan.Recipients)
                {
                    _byRecipient[recipient.Address] = variant;
                }
            }
        }

        return _byRecipient;
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
internal sealed record VariantPlan(IncomingContent Content, RecipientPlan Plan);
