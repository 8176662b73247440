using System.Runtime.CompilerServices;
using System.Text;
using Relay.Platform.Domains;

namespace Relay.Platform.Tracking;

/// <summary>Replaces links and adds the pixel by splicing: every other character of the HTML stays what and where it was.</summary>
internal sealed class LinkTracker(PlatformOptions options, TrackingTokens tokens) : ILinkTracker
{
    // One e-mail to many is tracked once for each: its text is looked through once.
    private readonly ConditionalWeakTable<string, HtmlPlan> _plans = [];

    public TrackingChoice Choose(SendingDomain? domain, bool? opens, bool? clicks) => options.PublicUrl is null
        ? default
        : new TrackingChoice(opens ?? domain?.OpenTracking ?? false, clicks ?? domain?.ClickTracking ?? false);

    public string Track(string html, TrackingTarget target)
    {
        if (options.PublicUrl is not { } publicUrl || !target.Choice.IsAny)
        {
            return html;
        }

        var plan = _plans.GetValue(html, HtmlPlan.Of);
        var copy = new Copy(target, target.Host is { } host ? "https://" + host : publicUrl.AbsoluteUri.TrimEnd('/'), tokens);
        var insert = plan.InsertAt < 0 ? string.Empty : copy.Additions(plan.HasLinks);
        if (plan.Edits.Count == 0 && insert.Length == 0)
        {
            return html;
        }

        return Splice(html, plan, copy, insert);
    }

    private static string Splice(string html, HtmlPlan plan, Copy copy, string insert)
    {
        var result = new StringBuilder(html.Length + (plan.Edits.Count * 256) + insert.Length);
        var at = 0;
        var isInserted = false;
        foreach (var edit in plan.Edits)
        {
            if (!isInserted && plan.InsertAt >= 0 && plan.InsertAt <= edit.Start)
            {
                result.Append(html.AsSpan(at, plan.InsertAt - at)).Append(insert);
                at = plan.InsertAt;
                isInserted = true;
            }

            result.Append(html.AsSpan(at, edit.Start - at));
            result.Append(edit.Url is null ? string.Empty : copy.Link(edit.Url) ?? html.Substring(edit.Start, edit.Length));
            at = edit.Start + edit.Length;
        }

        if (!isInserted && plan.InsertAt >= 0)
        {
            result.Append(html.AsSpan(at, plan.InsertAt - at)).Append(insert);
            at = plan.InsertAt;
        }

        return result.Append(html.AsSpan(at)).ToString();
    }

    /// <summary>The addresses of one recipient's copy.</summary>
    private sealed class Copy(TrackingTarget target, string root, TrackingTokens tokens)
    {
        private readonly string _recipient = target.Recipient.ToString();

        /// <summary>Null when clicks are not tracked.</summary>
        public string? Link(string url) => target.Choice.Clicks ? $"{root}/t/{Seal(TokenKind.Click, url)}" : null;

        /// <summary>What is added at the end of the body: a link only programs find, where there are links to be told apart by it, and the pixel.</summary>
        public string Additions(bool hasLinks)
        {
            var hidden = target.Choice.Clicks && hasLinks
                ? $"<a href=\"{root}/t/{Seal(TokenKind.Hidden)}\" style=\"display:none\" aria-hidden=\"true\" tabindex=\"-1\"></a>"
                : string.Empty;
            var pixel = target.Choice.Opens
                ? $"<img src=\"{root}/o/{Seal(TokenKind.Open)}.gif\" alt=\"\" width=\"1\" height=\"1\" border=\"0\" role=\"presentation\" aria-hidden=\"true\" style=\"display:block;width:1px;height:1px;border:0\">"
                : string.Empty;
            return hidden + pixel;
        }

        private string Seal(TokenKind kind, string? url = null) => tokens.Seal(new TrackingToken
        {
            Kind = kind,
            AccountId = target.AccountId,
            MessageId = target.MessageId,
            Recipient = _recipient,
            Url = url,
        });
    }
}
