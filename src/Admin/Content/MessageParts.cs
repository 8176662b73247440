using System.Net.Mime;
using System.Text;
using Relay.Mail;

namespace Relay.Admin;

/// <summary>The leaves of a message as a reader sees them: one text, one HTML body, the rest attachments.</summary>
internal sealed class MessageParts
{
    private const int MaxInlineBytes = 4 * 1024 * 1024;

    public MessageParts(MimeEntity root)
    {
        Root = root;
        Leaves = [.. root.OwnParts().Where(part => part.Children.Count == 0 || part.IsMessage)];
        Text = Leaves.FirstOrDefault(part => part.MediaType == MediaTypeNames.Text.Plain && part.FileName is null && part.Disposition != "attachment");
        Html = Leaves.FirstOrDefault(part => part.MediaType == MediaTypeNames.Text.Html && part.FileName is null && part.Disposition != "attachment");
    }

    public MimeEntity Root { get; }

    /// <summary>Numbered from 0 in reading order; the numbers stand in URLs.</summary>
    public IReadOnlyList<MimeEntity> Leaves { get; }

    public MimeEntity? Text { get; }

    public MimeEntity? Html { get; }

    public IEnumerable<(int Number, MimeEntity Part)> Attachments =>
        Leaves.Select((part, number) => (number, part)).Where(leaf => leaf.part != Text && leaf.part != Html);

    /// <summary>The HTML body with pictures of the message itself in place of their <c>cid:</c> names (RFC 2392).</summary>
    public string? HtmlWithPictures()
    {
        if (Html is null)
        {
            return null;
        }

        var html = new StringBuilder(Html.GetText());
        var room = MaxInlineBytes;
        foreach (var part in Leaves.Where(part => part.ContentId is not null && part.MediaType.StartsWith("image/", StringComparison.Ordinal)))
        {
            var content = part.GetContent();
            if (content.Length <= room)
            {
                room -= content.Length;
                html.Replace("cid:" + part.ContentId, $"data:{part.MediaType};base64,{Convert.ToBase64String(content)}");
            }
        }

        return html.ToString();
    }
}
