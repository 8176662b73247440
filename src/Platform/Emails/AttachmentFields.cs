using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Relay.Mail;

namespace Relay.Platform.Emails;

/// <summary>Reads the members of one attachment. Its content is checked where it stands and decoded only when the message is composed.</summary>
internal sealed class AttachmentFields(string place)
{
    private string? _fileName;
    private string? _contentType;
    private string? _contentId;
    private ReadOnlySequence<byte>? _content;
    private long _sizeBytes;

    public void Read(ref Utf8JsonReader reader, ReadOnlySequence<byte> body, FieldFaults faults, string name)
    {
        switch (name)
        {
            case "filename":
                _fileName = JsonFields.Line(ref reader, faults, place + ".filename", EmailLimits.MaxFileNameLength);
                break;
            case "content":
                ReadContent(ref reader, body, faults);
                break;
            case "contentType":
                ReadContentType(ref reader, faults);
                break;
            case "contentId":
                ReadContentId(ref reader, faults);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>The attachment; null when something is missing.</summary>
    public AttachmentRequest? Finish(FieldFaults faults)
    {
        if (_fileName is not { } fileName)
        {
            faults.Add(place + ".filename", "is missing");
            return null;
        }

        if (_content is not { } content)
        {
            faults.Add(place + ".content", "is missing");
            return null;
        }

        return new AttachmentRequest(fileName, _contentType ?? ContentTypes.Of(fileName), _contentId, content, _sizeBytes);
    }

    private void ReadContent(ref Utf8JsonReader reader, ReadOnlySequence<byte> body, FieldFaults faults)
    {
        var field = place + ".content";
        if (reader.TokenType != JsonTokenType.String)
        {
            faults.Add(field, "must be a string of base64");
            reader.Skip();
            return;
        }

        var raw = JsonFields.Raw(ref reader, body);
        _sizeBytes = Base64JsonStream.Measure(raw);
        if (_sizeBytes <= 0)
        {
            faults.Add(field, _sizeBytes == 0 ? "must not be empty" : "is not base64 (RFC 4648 §4: its alphabet, padded, white space between)");
        }

        _content = raw;
    }

    private void ReadContentType(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var field = place + ".contentType";
        _contentType = JsonFields.Line(ref reader, faults, field, EmailLimits.MaxContentTypeLength);
        if (_contentType is not null && !ContentTypes.IsValid(_contentType))
        {
            faults.Add(field, "must be a media type such as image/png, and no multipart");
        }
    }

    private void ReadContentId(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var field = place + ".contentId";
        var text = JsonFields.Line(ref reader, faults, field, EmailLimits.MaxContentIdLength);
        _contentId = text is ['<', .. var inner, '>'] ? inner : text;
        if (_contentId is not null && !MessageIdField.IsValid(string.Create(CultureInfo.InvariantCulture, $"<{_contentId}>")))
        {
            faults.Add(field, "must be ASCII without spaces, such as logo or logo@example.com");
        }
    }
}
