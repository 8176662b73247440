using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EncodedWordTests
{
    [Theory]
    [InlineData("=?US-ASCII?Q?Keith_Moore?=", "Keith Moore")]
    [InlineData("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore")]
    [InlineData("=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard")]
    [InlineData("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=", "If you can read this you understand the example.")]
    [InlineData("=?windows-1252?q?=80?=", "€")]
    [InlineData("=?koi8-r?B?8NLJ18XU?=", "Привет")]
    [InlineData("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本")]
    [InlineData("a =?utf-8?q?b?= c", "a b c")]
    [InlineData("=?utf-8?q?a?=\t =?utf-8?q?b?=", "ab")]
    [InlineData("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é")]
    [InlineData("=?utf-8?q?a_=3D=3F?=", "a =?")]
    [InlineData("=?utf-8?q??=", "")]
    public void Decodes(string text, string decoded)
    {
        Assert.Equal(decoded, EncodedWord.Decode(text));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("=?x-unknown?Q?a?=")]
    [InlineData("=?utf-7?Q?+AGE-?=")]
    [InlineData("=?utf-8?X?a?=")]
    [InlineData("=?utf-8?Q?a")]
    [InlineData("=?utf-8?Q?a?")]
    [InlineData("=?utf-8?Q")]
    [InlineData("=?utf-8")]
    [InlineData("=?")]
    [InlineData("=??Q?a?=")]
    [InlineData("=?utf-8?B?!!!?=")]
    public void Leaves_what_it_cannot_decode(string text)
    {
        Assert.Equal(text, EncodedWord.Decode(text));
    }

    [Theory]
    [InlineData("é")]
    [InlineData("日本語の長い件名がここに入りますがとても長いので分割されなければなりません")]
    [InlineData("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")]
    public void Words_have_at_most_75_characters_and_whole_characters(string text)
    {
        var words = EncodedWord.Encode(text).Split(' ');

        Assert.All(words, word => Assert.InRange(word.Length, 1, 75));
        Assert.Equal(text, string.Concat(words.Select(EncodedWord.Decode)));
        Assert.All(words, word => Assert.DoesNotContain('\ufffd', EncodedWord.Decode(word)));
    }
}
