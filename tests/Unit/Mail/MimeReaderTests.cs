using System.Text;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MimeReaderTests
{
    public static TheoryData<string> AllMessages()
    {
        var folders = new[] { "messages-mail-parser/rfc", "messages-mail-parser/malformed", "messages-mimekit", "arf-mail-auth", "bounces-sisimai/eml", "bounces-sisimai/not-a-bounce" };
        return [.. folders.SelectMany(folder => Directory.GetFiles(TestData.Path(folder)).Order().Select(path => Path.GetRelativePath(TestData.Path(), path)))];
    }

    [Theory]
    [MemberData(nameof(AllMessages))]
    public void Reads_every_message_of_the_collections_within_bounds(string path)
    {
        var bytes = File.ReadAllBytes(TestData.Path(path));

        var message = MimeReader.Read(bytes);

        var parts = message.SelfAndDescendants().ToList();
        Assert.InRange(parts.Count, 1, MimeReader.DefaultMaxParts);
        Assert.All(parts, part =>
        {
            Assert.NotNull(part.GetText());
            _ = (part.FileName, part.ContentId, part.Disposition);
            Assert.All(part.Header.Fields, field => Assert.NotNull(field.Text));
        });
        _ = message.Header.Addresses("To").Count;
        _ = DeliveryStatusReport.TryRead(message, out _);
        _ = FeedbackReport.TryRead(message, out _);
    }

    [Fact]
    public void Reads_parts_preamble_and_epilogue()
    {
        var message = Read("""
            Content-Type: multipart/mixed; boundary="b b"
            Subject: x

            preamble
            --b b
            Content-Type: text/plain; charset=iso-8859-1
            Content-Transfer-Encoding: quoted-printable

            =E9=
            t=E9
            --b b~

            second

            --b b--
            epilogue
            """.Replace('~', ' '));

        Assert.Equal(["été", "second\n"], message.Children.Select(part => part.GetText()));
    }

    [Fact]
    public void Line_end_before_a_delimiter_is_not_content()
    {
        var message = MimeReader.Read("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n\r\n--b--"u8.ToArray());

        Assert.Equal("x\r\n", message.Children[0].GetText());
    }

    [Fact]
    public void Outer_boundary_ends_unfinished_inner_parts()
    {
        var message = Read("""
            Content-Type: multipart/mixed; boundary=outer

            --outer
            Content-Type: multipart/mixed; boundary=out

            --out

            inner
            --outer
            Content-Type: text/html

            last
            --outer--
            """);

        Assert.Equal(["multipart/mixed", "text/html"], message.Children.Select(part => part.MediaType));
        Assert.Equal("inner", Assert.Single(message.Children[0].Children).GetText());
    }

    [Fact]
    public void A_longer_boundary_is_another_boundary()
    {
        var message = Read("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--ab\ny\n--a--\n");

        Assert.Equal("x\n--ab\ny", Assert.Single(message.Children).GetText());
    }

    [Fact]
    public void Depth_is_bounded()
    {
        var nested = new StringBuilder();
        for (var i = 0; i < 5000; i++)
        {
            nested.Append("Content-Type: message/rfc822\n\n");
        }

        var parts = MimeReader.Read(Encoding.ASCII.GetBytes(nested.ToString())).SelfAndDescendants().ToList();

        Assert.Equal(MimeReader.DefaultMaxDepth, parts.Count);
        Assert.True(parts[^1].IsCut);
    }

    [Fact]
    public void Number_of_parts_is_bounded()
    {
        var many = "Content-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat("--b\n\nx\n", 5000));

        var message = MimeReader.Read(Encoding.ASCII.GetBytes(many));

        Assert.Equal(MimeReader.DefaultMaxParts, message.SelfAndDescendants().Count());
        Assert.True(message.IsCut);
    }

    [Fact]
    public void A_boundary_repeated_within_one_line_is_content_and_costs_one_look_each()
    {
        var body = string.Concat(Enumerable.Repeat("x--b", 500_000));

        var message = MimeReader.Read(Encoding.ASCII.GetBytes("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + body));

        Assert.Equal(body.Length, Assert.Single(message.Children).RawBody.Length);
    }

    [Fact]
    public void Encoded_inner_messages_are_read()
    {
        var inner = Convert.ToBase64String("Subject: inner\r\n\r\nx"u8);

        var message = Read($"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n");

        Assert.Equal("inner", message.Children[0].Header.Text("Subject"));
    }

    [Fact]
    public void Digest_parts_are_messages()
    {
        var message = Read("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nx\n--b--\n");

        Assert.Equal("one", message.Children[0].Children[0].Header.Text("Subject"));
    }

    [Fact]
    public void Unreadable_content_types_are_text()
    {
        Assert.Equal("text/plain", Read("Content-Type: nonsense\n\nx").MediaType);
        Assert.Equal("text/plain", Read("\nx").MediaType);
        Assert.Empty(Read("Content-Type: multipart/mixed\n\n--\nx").Children);
    }

    private static MimeEntity Read(string text) => MimeReader.Read(Encoding.Latin1.GetBytes(text));
}
