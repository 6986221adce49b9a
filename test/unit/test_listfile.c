/* Lists of hashes in all the forms: what is read of them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "format/listfile.h"

#define MD5    "00112233445566778899aabbccddeeff"
#define SHA1   MD5 "01234567"
#define SHA256 MD5 MD5
#define OTHER  "ff112233445566778899aabbccddeeff" MD5

struct source {
    const char *at;
    size_t left, piece;
};

/* What was read, a line a record: "LINE kinds quality says" or "LINE ! reason". */
struct heard {
    struct buf b;
    int records;
};

static size_t fill(void *ctx, void *out, size_t size)
{
    struct source *s = ctx;
    size_t n = s->left < size ? s->left : size;

    n = n < s->piece ? n : s->piece;
    memcpy(out, s->at, n);
    s->at += n;
    s->left -= n;
    return n;
}

static enum assay_err take(void *ctx, const struct listfile_record *r, struct err *e)
{
    static const char *const names[] = {"md5", "sha1", "sha256", "pdq", "oriented"};
    struct heard *h = ctx;

    (void)e;
    buf_addf(&h->b, "%d", (int)r->line);
    for (unsigned i = 0; i < 5; i++) {
        if ((r->has & 1u << i) != 0)
            buf_addf(&h->b, " %s", names[i]);
    }
    if (r->quality >= 0)
        buf_addf(&h->b, " q%d", r->quality);
    if (r->unmatchable)
        buf_add_str(&h->b, " unmatchable");
    assert_int_equal(strlen(r->says), r->says_size);
    if (!str_equal(r->says, "{}"))
        buf_addf(&h->b, " %s", r->says);
    buf_add_char(&h->b, '\n');
    h->records++;
    return ASSAY_OK;
}

static enum assay_err refuse(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    struct heard *h = ctx;

    (void)e;
    buf_addf(&h->b, "%d ! %s\n", (int)line, reason);
    return ASSAY_OK;
}

static enum assay_err read_list(const char *text, size_t size, size_t piece, struct heard *h,
                                enum listfile_form *form, struct err *e)
{
    struct source s = {text, size, piece};
    const struct listfile_sink sink = {h, take, refuse};

    *h = (struct heard){0};
    buf_init(&h->b, 16 << 20);
    return listfile_read(fill, &s, &sink, form, e);
}

/* The same by pieces of every size. */
static void check(const char *text, enum listfile_form want, const char *lines)
{
    static const size_t pieces[] = {1, 2, 7, 1 << 20};
    enum listfile_form form;
    struct heard h;
    struct err e = {0};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (read_list(text, strlen(text), pieces[i], &h, &form, &e) != ASSAY_OK)
            fail_msg("%s", e.text);
        assert_string_equal(buf_cstr(&h.b), lines);
        assert_int_equal(form, want);
        buf_clear(&h.b);
    }
}

static void text_is_a_hash_a_line(void **state)
{
    (void)state;
    check(MD5 "\n" SHA1 "\r\n" SHA256 "\n", LISTFILE_TEXT, "1 md5\n2 sha1\n3 sha256 pdq\n");
    check("\xef\xbb\xbf# a list\n\n  pdq:" SHA256 "\nsha256 " SHA256 "\nSHA-1 " SHA1 "\nPDQ: " OTHER
          ",83",
          LISTFILE_TEXT, "3 pdq\n4 sha256\n5 sha1\n6 pdq q83\n");
    check(MD5 " *dir/a b.jpg\n" MD5 "  c.jpg\n" SHA256 " 50\n", LISTFILE_TEXT,
          "1 md5 {\"text\":\"dir/a b.jpg\"}\n2 md5 {\"text\":\"c.jpg\"}\n3 sha256 pdq q50\n");
    check("", LISTFILE_TEXT, "");
    check("\n\n", LISTFILE_TEXT, "");
}

static void lines_of_others_programs_are_read(void **state)
{
    (void)state;
    check("MD5 (dir/a (1) = b.jpg) = " MD5 "\nSHA256(c) = " SHA256 "\nSHA1 (d)= " SHA1 "\r\n\\" MD5
          "  e\\\\f\nMD5 (g) = 12\nCRC (h) = " MD5 "\nMD5 () = " MD5 "\n",
          LISTFILE_TEXT,
          "1 md5 {\"text\":\"dir/a (1) = b.jpg\"}\n2 sha256 {\"text\":\"c\"}\n"
          "3 sha1 {\"text\":\"d\"}\n4 md5 {\"text\":\"e\\\\\\\\f\"}\n5 ! an MD5 is 32 hex digits\n"
          "6 ! no hash: that is of hex digits, 64 at most\n7 md5 {\"text\":\"\"}\n");
    /* What python-threatexchange reads from a local file; text and addresses are no hashes. */
    check("pdq " SHA256 "\nvideo_md5 " MD5 "\nmd5 " MD5 "\nurl https://a.example/\n", LISTFILE_TEXT,
          "1 pdq\n2 md5\n3 md5\n4 ! no hash: that is of hex digits, 64 at most\n");
}

#define DNA_HEX    MD5 MD5 MD5 MD5 MD5 MD5 MD5 MD5 MD5
#define OF_64      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define DNA_BASE64 OF_64 OF_64 OF_64

/* Its columns in any order, with others among them, and what is empty is not said. */
static void the_list_of_interpol_is_read(void **state)
{
    (void)state;
    check("\xef\xbb\xbfMD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;"
          "Offender identified;Series name;Number of submissions;File Available;Media Type;"
          "Baseline\r\n" MD5 ";" SHA1 ";" DNA_HEX ";7;y;No;TRUE;\"Sea; side\";3;n;Image;Yes\r\n" MD5
          ";;;8;;;;;;;;\r\n",
          LISTFILE_ICSE,
          "2 md5 sha1 {\"Image ID\":\"7\",\"Is distributed\":true,\"Victim identified\":false,"
          "\"Offender identified\":true,\"Series name\":\"Sea; side\","
          "\"Number of submissions\":\"3\",\"File Available\":\"n\",\"Media Type\":\"Image\","
          "\"Baseline\":\"Yes\"}\n3 md5 {\"Image ID\":\"8\"}\n");
    check("baseline;Note;md5\nf;1,2;" MD5 "\n;;\n", LISTFILE_ICSE,
          "2 md5 {\"baseline\":\"f\",\"Note\":\"1,2\"}\n3 ! no hash in any of its columns\n");
    check("MD5;PhotoDNA;Is distributed\n" MD5 ";" DNA_HEX "0;y\n" MD5 ";;maybe\n" MD5 ";" MD5 SHA1
          ";n\n" MD5 ";" DNA_BASE64 ";n\n",
          LISTFILE_ICSE,
          "2 ! a PhotoDNA is 192 digits of base64 or 288 of hex\n"
          "3 ! a flag is one of y, n, yes, no, t, f, true and false\n"
          "4 ! a PhotoDNA is 192 digits of base64 or 288 of hex\n"
          "5 md5 {\"Is distributed\":false}\n");
}

static void columns_may_stand_between_semicolons(void **state)
{
    (void)state;
    check("md5;note\n" MD5 ";a,b\n" MD5 ",c\n", LISTFILE_CSV,
          "2 md5 {\"note\":\"a,b\"}\n3 ! another number of columns than in the first line\n");
    check("md5,\"a;b\"\n" MD5 ",c;d\n", LISTFILE_CSV, "2 md5 {\"a;b\":\"c;d\"}\n");
}

/* Names are in ISO-8859-1, and are not kept; but they refuse nothing, and may have commas. */
static void nsrl_version_2_is_read(void **state)
{
    (void)state;
    check("\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\","
          "\"SpecialCode\"\r\n\"AABBCCDDEEFF00112233445566778899AABBCCDD\","
          "\"AABBCCDDEEFF00112233445566778899\",\"01234567\",\"b\xfc"
          "cher, \xe9t\xe9.dll\",1024,"
          "190,\"362\",\"\"\r\n\"" SHA1 "\",\"" MD5 "\",\"\",\"\",0,1,\"\xe9\",\"S\"\r\n",
          LISTFILE_NSRL,
          "2 md5 sha1 {\"CRC32\":\"01234567\",\"FileSize\":\"1024\",\"ProductCode\":\"190\","
          "\"OpSystemCode\":\"362\"}\n"
          "3 md5 sha1 {\"FileSize\":\"0\",\"ProductCode\":\"1\",\"OpSystemCode\":\"\xc3\xa9\","
          "\"SpecialCode\":\"S\"}\n");
}

static void what_is_no_hash_is_refused_by_line(void **state)
{
    (void)state;
    check("hello\n" MD5 "0\nmd5 " SHA1 "\n" MD5 "\npdq:\nxx" MD5 "\n", LISTFILE_TEXT,
          "1 ! no hash: that is of hex digits, 64 at most\n"
          "2 ! no hash: MD5 has 32 hex digits, SHA-1 40, SHA-256 and PDQ 64\n"
          "3 ! an MD5 is 32 hex digits\n4 md5\n"
          "5 ! a PDQ is 64 hex digits\n6 ! no hash: that is of hex digits, 64 at most\n");
    check("d41d8cd98f00b204e9800998ecf8427e\nDA39A3EE5E6B4B0D3255BFEF95601890AFD80709\n"
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
          "0000000000000000000000000000000000000000000000000000000000000000\n",
          LISTFILE_TEXT,
          "1 ! a hash of nothing (zeros, or of an empty file), which would match by mistake\n"
          "2 ! a hash of nothing (zeros, or of an empty file), which would match by mistake\n"
          "3 ! a hash of nothing (zeros, or of an empty file), which would match by mistake\n"
          "4 ! a hash of nothing (zeros, or of an empty file), which would match by mistake\n");
    check(MD5 "\n\xff\xfe\n" MD5 "\n", LISTFILE_TEXT, "1 md5\n2 ! this is not UTF-8\n3 md5\n");
}

static void columns_are_told_by_their_names(void **state)
{
    (void)state;
    check(
        "MD5,Grade,\"SHA-1\"\r\n" MD5 ",L1,\r\n,\"L,2\"," SHA1 "\r\n,L3,\r\n\r\n" MD5 ",x\r\n",
        LISTFILE_CSV,
        "2 md5 {\"Grade\":\"L1\"}\n3 sha1 {\"Grade\":\"L,2\"}\n4 ! no hash in any of its columns\n"
        "6 ! another number of columns than in the first line\n");
    check("hash,quality,pdq_reason\n" SHA256 ",40,\n" SHA256 ",101,\n" SHA256 ",10,low_quality\n",
          LISTFILE_CSV,
          "2 sha256 pdq q40\n3 ! a quality is a whole number from 0 to 100\n"
          "4 sha256 pdq q10 unmatchable\n");
    check("\n\npdq\n" SHA256 "\n", LISTFILE_CSV, "4 pdq\n");
}

static void objects_keep_what_else_they_say(void **state)
{
    (void)state;
    check("{\"md5\":\"" MD5 "\",\"pdq\":\"" SHA256 "\",\"pdq_quality\":77,\"pdq_reason\":null,"
          "\"code\":\"L1\",\"tags\":[\"a\",1,{\"b\":true}]}\n\n{\"sha1\":null}\n[1]\nx\n"
          "{\"hash\":\"" SHA1 "\"}\n{\"md5\":7}\n{\"md5\":\"" MD5 "\",\"pdq_oriented\":\"" OTHER
          "\",\"pdq_reason\":\"damaged\"}",
          LISTFILE_JSONL,
          "1 md5 pdq q77 {\"code\":\"L1\",\"tags\":[\"a\",1,{\"b\":true}]}\n"
          "3 ! no hash: md5, sha1, sha256 or pdq is wanted\n"
          "4 ! no object: JSON Lines have one on each line\n"
          "5 ! column 1: 'x' stands where a value is expected\n"
          "6 sha1\n7 ! a hash is a string of hex digits\n"
          "8 md5 oriented unmatchable\n");
}

/* Whatever their order: a hash of no named kind never takes the place of a named one. */
static void a_hash_without_a_kind_is_what_the_named_ones_let_it_be(void **state)
{
    (void)state;
    check("pdq,hash,md5\n" SHA256 "," OTHER ",\n" SHA256 "," SHA256 ",\n," OTHER ",\n," MD5 "," MD5
          "\n," MD5 ",ff112233445566778899aabbccddeeff\n," SHA1 "," MD5 "\n",
          LISTFILE_CSV,
          "2 sha256 pdq\n3 pdq\n4 sha256 pdq\n5 md5\n6 ! two hashes of one kind\n7 md5 sha1\n");
    check("{\"hash\":\"" OTHER "\",\"pdq\":\"" SHA256 "\"}\n{\"pdq\":\"" SHA256
          "\",\"hash_value\":\"" OTHER "\",\"sha256\":\"" SHA256 "\"}\n{\"sha256\":\"" SHA256
          "\",\"hash\":\"" SHA256 "\"}\n{\"md5\":\"" MD5 "\",\"MD5 hash\":\"" MD5
          "\"}\n{\"md5\":\"" MD5 "\",\"hash\":[1]}\n{\"md5\":\"" MD5
          "\",\"quality\":20,\"PDQ Quality\":90}\n{\"hash\":\"" SHA1 "\",\"hash_value\":\"" MD5
          "\"}\n{\"hash\":\"" MD5 "\",\"Pdq_Reason\":\"\"}\n",
          LISTFILE_JSONL,
          "1 sha256 pdq\n2 ! two hashes of one kind\n3 sha256\n4 ! two hashes of one kind\n"
          "5 md5 {\"hash\":[1]}\n6 ! two qualities\n7 ! two hashes of one kind\n8 md5\n");
}

/* Text whose first line has the name of a kind in it: no hash of it is lost as a name. */
static void text_with_the_name_of_a_kind_in_it_is_no_head(void **state)
{
    (void)state;
    check(MD5 ",md5\n", LISTFILE_TEXT, "1 md5 {\"text\":\"md5\"}\n");
    check("pdq\t" SHA256 "\npdq\t" OTHER "\n", LISTFILE_TEXT, "1 pdq\n2 pdq\n");
    check(MD5 "  of holidays, md5\n", LISTFILE_TEXT, "1 md5 {\"text\":\"of holidays, md5\"}\n");
    check("# of 2026, md5\n" MD5 "\n", LISTFILE_TEXT, "2 md5\n");
    check("  {\"md5\":\"" MD5 "\"}\n", LISTFILE_JSONL, "1 md5\n");
}

static void columns_without_a_name_have_their_number(void **state)
{
    (void)state;
    check(",md5,,\na," MD5 ",b,c\n", LISTFILE_CSV,
          "2 md5 {\"column 1\":\"a\",\"column 3\":\"b\",\"column 4\":\"c\"}\n");
    check("md5, PDQ Quality\n" MD5 ",7\n\"" MD5 "\"x,7\n" MD5 ",8\n", LISTFILE_CSV,
          "2 md5 q7\n3 ! text behind a closing quote\n4 md5 q8\n");
}

static void what_is_no_list_is_refused_whole(void **state)
{
    static const char *const texts[] = {
        "{\n \"values\": []\n}\n", "[\n",       "md5\tsha1\n" MD5 "\t\n",
        "\x89PNG\r\n\x1a\n",       "md5,MD5\n", "md5,note,note\n" MD5 ",a,b\n",
        "hash,hash_value\n"};
    enum listfile_form form;
    struct heard h;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(read_list(texts[i], strlen(texts[i]), 3, &h, &form, &e), ASSAY_EFORMAT);
        assert_true(strlen(e.text) > 20);
        assert_int_equal(h.records, 0);
        buf_clear(&h.b);
    }
}

static char *of_one_letter(const char *begin, char letter, size_t count, const char *end)
{
    const size_t head = strlen(begin);
    char *text = malloc(head + count + strlen(end) + 1);

    assert_non_null(text);
    memcpy(text, begin, head);
    memset(text + head, letter, count);
    memcpy(text + head + count, end, strlen(end) + 1);
    return text;
}

#define CONTEXT                                                                                    \
    "\"@odata.context\":\"http://a.example/ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases\""

static void vics_is_flat_media_or_cases_with_media(void **state)
{
    (void)state;
    check("{" CONTEXT ",\"value\":[{\"MediaID\":1,\"MD5\":\"" MD5 "\",\"Category\":2}]}",
          LISTFILE_VICS,
          "1 md5 {\"vics_version\":\"2.0\",\"vics_region\":\"UK\",\"MediaID\":1,\"Category\":2}\n");
    check("\xef\xbb\xbf{ \"odata.metadata\" : "
          "\"https://b.example/ProjectVic/DataModels/1.3.xml#Media\",\n"
          "\"value\":[\n{\"odata.id\":\"x\",\"SHA1\":\"" SHA1 "\",\"MD5\":\"\"}\n,{\"MD5\":\"" MD5
          "\",\"SHA1\":null,\"MediaSize\":\"488\",\"Exifs@odata.navigationLinkUrl\":\"y\"}]}",
          LISTFILE_VICS,
          "3 sha1 {\"vics_version\":\"1.3\"}\n"
          "4 md5 {\"vics_version\":\"1.3\",\"MediaSize\":\"488\"}\n");
    check("{\"value\":[{\"Media\":[{\"Category\":1,\"MD5\":\"" MD5
          "\"}],\"TotalMediaFiles\":\"1\"},\n"
          "{\"CaseID\":\"{7}\",\"Media\":null},{\"CaseNumber\":\"8\",\"Media\":{\"MD5\":\"" MD5
          "\"}}],\n" CONTEXT "}\n",
          LISTFILE_VICS, "1 md5 {\"Category\":1}\n2 md5\n");
}

static void vics_says_its_tags_and_not_where_files_lie(void **state)
{
    (void)state;
    check("{\"value\":[{\"MD5\":\"" MD5
          "\",\"Tags\":\"sea, hills ,,\",\"Series\":\"S1\",\"Comments\":null,"
          "\"RelativeFilePath\":\"a\\\\b\",\"MediaFiles\":[{\"FileName\":\"c\"}],\"Exifs\":[{}],"
          "\"PhotoDNA\":\"AA\",\"IsDistributed\":\"true\",\"AlternativeHashes\":["
          "{\"HashName\":\"SHA-256\",\"HashValue\":\"" SHA256
          "\"},{\"HashName\":\"PDQ\",\"HashValue\":\"" OTHER
          "\"},{\"HashName\":\"md5\",\"HashValue\":\"" MD5
          "\"},{\"HashName\":\"EDK\",\"HashValue\":\"7\"},{}]}]}",
          LISTFILE_VICS,
          "1 md5 sha256 pdq "
          "{\"tags\":[\"sea\",\"hills\"],\"series\":[\"S1\"],\"IsDistributed\":\"true\"}\n");
}

/* VICS has no such members; whoever makes them up cannot make two of one name. */
static void vics_with_members_of_our_names_has_each_once(void **state)
{
    (void)state;
    check("{" CONTEXT ",\"value\":[{\"tags\":1,\"series\":[2],\"vics_version\":3,\"vics_region\":4,"
          "\"MD5\":\"" MD5 "\",\"Tags\":\"sea\"}]}",
          LISTFILE_VICS,
          "1 md5 {\"vics_version\":\"2.0\",\"vics_region\":\"UK\",\"tags\":[\"sea\"]}\n");
}

static void vics_refuses_records_by_line_and_goes_on(void **state)
{
    (void)state;
    check("{\"value\":[{\"MD5\":\"12\"},\n{\"Category\":1},\n{\"MD5\":7},\n"
          "{\"MD5\":\"d41d8cd98f00b204e9800998ecf8427e\"},\n{\"MD5\":\"" MD5 "\",\"MD5\":\"" MD5
          "\"},\n"
          "{\"MD5\":\"" MD5 "\",\"Exifs\":[{\"a\":1,\"a\":2}]},\n[[1]],\n{\"MD5\":\"" MD5
          "\",\"AlternativeHashes\":[{\"HashName\":\"MD5\",\"HashValue\":\"01" MD5
          "\"}]},\n{\"MD5\":\"" MD5 "\"}]}",
          LISTFILE_VICS,
          "1 ! an MD5 is 32 hex digits\n"
          "2 ! no hash: MD5, SHA1 or one of AlternativeHashes is wanted\n"
          "3 ! a hash is a string of hex digits\n"
          "4 ! a hash of nothing (zeros, or of an empty file), which would match by mistake\n"
          "5 ! \"MD5\" stands twice in one record\n"
          "6 ! \"a\" stands twice in one object\n"
          "7 ! no object: a record of media is one\n"
          "8 ! an MD5 is 32 hex digits\n"
          "9 md5\n");
}

static void vics_with_too_much_in_a_record_is_refused_there(void **state)
{
    char *many =
        of_one_letter("{\"value\":[{\"Exifs\":[1", ' ', 600000, "]},\n{\"MD5\":\"" MD5 "\"}]}");

    (void)state;
    for (char *at = strchr(many, ' '); at[0] == ' ' && at[1] == ' '; at += 2)
        memcpy(at, ",1", 2);
    check(many, LISTFILE_VICS, "1 ! there is too much in one record\n2 md5\n");
    free(many);
}

/* What was read before the fault was said, but nobody may take it for the whole list. */
static void vics_that_ends_early_is_an_error(void **state)
{
    static const char *const texts[] = {
        "{\"value\":[{\"MD5\":\"" MD5 "\"},\n{\"MD5\"", "{\"value\":[{\"MD5\":\"" MD5 "\"}]",
        "{\"value\":[{\"MD5\":\"" MD5 "\"}]}\n]", "{\"value\":[{\"MD5\":\"" MD5 "\"},]}",
        "{\"@odata.context\":\"x\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        enum listfile_form form;
        struct heard h;
        struct err e = {0};
        assert_int_equal(read_list(texts[i], strlen(texts[i]), 5, &h, &form, &e), ASSAY_EFORMAT);
        assert_int_equal(form, LISTFILE_VICS);
        assert_true(strlen(e.text) > 20);
        buf_clear(&h.b);
    }
}

/* Older writers' wide characters: "é" and a character beyond 16 bits in a tag. */
static void vics_in_utf_16_is_read(void **state)
{
    static const char text[] = "{\"value\":[{\"MD5\":\"" MD5 "\",\"Tags\":\"12345\"}]}";
    static const unsigned tag[] = {0xe9, 0xd83d, 0xde00, 0xd800, 0xdc00 - 0x5c00};
    unsigned char wide[2 + 2 * sizeof text];
    size_t n = 2;

    (void)state;
    wide[0] = 0xff;
    wide[1] = 0xfe;
    for (const char *at = text; *at != '\0'; at++, n += 2) {
        const size_t digit = (size_t)(*at - '1');
        const unsigned unit =
            at > strstr(text, "Tags") && digit < 5 ? tag[digit] : (unsigned char)*at;
        wide[n] = (unsigned char)unit;
        wide[n + 1] = (unsigned char)(unit >> 8);
    }
    for (size_t piece = 1; piece < 20; piece++) {
        struct heard h;
        struct err e = {0};
        assert_int_equal(read_list((const char *)wide, n, piece, &h, NULL, &e), ASSAY_OK);
        assert_string_equal(buf_cstr(&h.b), "1 md5 {\"tags\":[\"\xc3\xa9\xf0\x9f\x98\x80"
                                            "\xef\xbf\xbd\xe8\x80\x80\"]}\n");
        buf_clear(&h.b);
    }
}

/* A line beyond the limit is one refusal, and what stands behind it is read. */
static void a_line_without_end_costs_no_memory(void **state)
{
    const size_t size = 3 * LISTFILE_LINE_MAX;
    char *text = malloc(size + 200);
    enum listfile_form form;
    struct heard h;
    struct err e = {0};

    (void)state;
    assert_non_null(text);
    const size_t head = (size_t)snprintf(text, size, "%s\n", MD5);
    memset(text + head, 'a', size);
    (void)snprintf(text + head + size, 100, "\n%s\n", SHA1);
    assert_int_equal(read_list(text, head + size + 42, 5000, &h, &form, &e), ASSAY_OK);
    assert_string_equal(buf_cstr(&h.b), "1 md5\n2 ! a line of more than 1048576 bytes\n3 sha1\n");
    buf_clear(&h.b);
    free(text);
}

static void the_limit_of_a_line_does_not_hang_on_how_it_arrives(void **state)
{
    (void)state;
    for (size_t beyond = 0; beyond < 2; beyond++) {
        char *text =
            of_one_letter(MD5 "\nmd5:" MD5 " ", 'x', LISTFILE_LINE_MAX - 37 + beyond, "\n" MD5);

        for (size_t piece = 1000; piece < 4 << 20; piece *= 50) {
            struct heard h;
            struct err e = {0};

            assert_int_equal(read_list(text, strlen(text), piece, &h, NULL, &e), ASSAY_OK);
            assert_int_equal(h.records, beyond == 0 ? 3 : 2);
            buf_clear(&h.b);
        }
        free(text);
    }
}

/* Control characters take six bytes each in what comes back: it is whole or the row is refused. */
static void what_a_list_says_is_never_cut_off(void **state)
{
    char *field = of_one_letter(",", '\1', 65000, "");
    struct buf text = {0};
    struct heard h;
    struct err e = {0};

    (void)state;
    buf_init(&text, 16 << 20);
    buf_add_str(&text, "md5");
    for (int i = 0; i < 40; i++)
        buf_addf(&text, ",c%d", i);
    buf_add_str(&text, "\n" MD5);
    for (int i = 0; i < 40; i++)
        buf_add_str(&text, field);
    buf_addf(&text, "\n" MD5 "%.*s\n", 40, ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,");
    assert_int_equal(read_list(buf_cstr(&text), text.size, 1 << 20, &h, NULL, &e), ASSAY_OK);
    assert_string_equal(buf_cstr(&h.b), "2 ! what the list says of it is more than 8 MiB\n3 md5\n");
    buf_clear(&h.b);
    buf_clear(&text);
    free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_a_hash_a_line),
        cmocka_unit_test(lines_of_others_programs_are_read),
        cmocka_unit_test(the_list_of_interpol_is_read),
        cmocka_unit_test(columns_may_stand_between_semicolons),
        cmocka_unit_test(nsrl_version_2_is_read),
        cmocka_unit_test(what_is_no_hash_is_refused_by_line),
        cmocka_unit_test(columns_are_told_by_their_names),
        cmocka_unit_test(objects_keep_what_else_they_say),
        cmocka_unit_test(a_hash_without_a_kind_is_what_the_named_ones_let_it_be),
        cmocka_unit_test(text_with_the_name_of_a_kind_in_it_is_no_head),
        cmocka_unit_test(columns_without_a_name_have_their_number),
        cmocka_unit_test(what_is_no_list_is_refused_whole),
        cmocka_unit_test(vics_is_flat_media_or_cases_with_media),
        cmocka_unit_test(vics_says_its_tags_and_not_where_files_lie),
        cmocka_unit_test(vics_with_members_of_our_names_has_each_once),
        cmocka_unit_test(vics_refuses_records_by_line_and_goes_on),
        cmocka_unit_test(vics_with_too_much_in_a_record_is_refused_there),
        cmocka_unit_test(vics_that_ends_early_is_an_error),
        cmocka_unit_test(vics_in_utf_16_is_read),
        cmocka_unit_test(the_limit_of_a_line_does_not_hang_on_how_it_arrives),
        cmocka_unit_test(what_a_list_says_is_never_cut_off),
        cmocka_unit_test(a_line_without_end_costs_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
